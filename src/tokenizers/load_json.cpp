// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "support/message.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
PipelineParts read_sections(Json sections, const std::string& file) {
  static const Json none;
  const auto section = [&](const char* name) -> const Json& {
    const Json* found = sections.find(name);
    return found ? *found : none;
  };
  PipelineParts parts;
  parts.normalizer = read_normalizer(section("normalizer"), file + ": normalizer");
  PreTokenizer pre_tokenizer = read_pre_tokenizer(section("pre_tokenizer"), file + ": pre_tokenizer");
  parts.steps = std::move(pre_tokenizer.steps);
  parts.byte_level = pre_tokenizer.byte_level;
  parts.post = read_post_processor(section("post_processor"), file + ": post_processor");
  parts.added = read_added_tokens(section("added_tokens"), file + ": added_tokens");
  parts.decode = read_decoder(section("decoder"), file + ": decoder");
  parts.sections = std::move(sections);
  return parts;
}

void check_templates(const PipelineParts& parts, const std::string& file) {
  for (const std::vector<TemplateItem>* items : {&parts.post.single, &parts.post.pair})
    for (const TemplateItem& item : *items)
      check<FileError>(item.kind != TemplateItem::token || parts.vocabulary.has(item.id), file,
                       ": post_processor: token id ", item.id, " is not in the vocabulary");
}

PipelineParts read_tokenizer_json(const Json& tokenizer, const std::string& file) {
  check<FileError>(tokenizer.is_object(), file, ": found ", tokenizer.type_name(), ", expected an object");
  Json sections = {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}};
  for (const char* name : {"added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"})
    sections[name] = tokenizer.value(name, Json());
  PipelineParts parts = read_sections(std::move(sections), file);
  static const Json none;
  const Json* model = tokenizer.find("model");
  read_model(model ? *model : none, file + ": model", parts);
  check_templates(parts, file);
  return parts;
}

}  // namespace graft::inline v0
