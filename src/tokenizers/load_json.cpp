// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "support/message.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

void check_template(const std::vector<TemplateItem>& items, const Vocabulary& vocabulary, const std::string& where) {
  for (const TemplateItem& item : items)
    check<FileError>(item.kind != TemplateItem::token || vocabulary.has(item.id), where, ": token id ", item.id,
                     " is not in the vocabulary");
}

}  // namespace

PipelineParts read_tokenizer_json(const Json& tokenizer, const std::string& file) {
  check<FileError>(tokenizer.is_object(), file, ": found ", tokenizer.type_name(), ", expected an object");
  static const Json none;
  const auto section = [&](const char* name) -> const Json& {
    const auto at = tokenizer.find(name);
    return at == tokenizer.end() ? none : *at;
  };
  PipelineParts parts;
  parts.normalizer = read_normalizer(section("normalizer"), file + ": normalizer");
  PreTokenizer pre_tokenizer = read_pre_tokenizer(section("pre_tokenizer"), file + ": pre_tokenizer");
  parts.steps = std::move(pre_tokenizer.steps);
  parts.byte_level = pre_tokenizer.byte_level;
  parts.post = read_post_processor(section("post_processor"), file + ": post_processor");
  parts.added = read_added_tokens(section("added_tokens"), file + ": added_tokens");
  read_model(section("model"), file + ": model", parts);
  parts.decode = read_decoder(section("decoder"), file + ": decoder");
  check_template(parts.post.single, parts.vocabulary, file + ": post_processor");
  check_template(parts.post.pair, parts.vocabulary, file + ": post_processor");
  return parts;
}

}  // namespace graft::inline v0
