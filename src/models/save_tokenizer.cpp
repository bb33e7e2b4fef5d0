// SPDX-License-Identifier: Apache-2.0
#include "models/save_tokenizer.hpp"

#include "formats/tokenizer_conversion.hpp"
#include "formats/tokenizer_json.hpp"
#include "models/gguf_vocabulary.hpp"
#include "support/atomic_file.hpp"
#include "support/mapped_file.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFiles[] = {"tokenizer.json",
                                  "tokenizer.model",
                                  "spiece.model",
                                  "vocab.txt",
                                  "vocab.json",
                                  "merges.txt",
                                  "added_tokens.json",
                                  "tokenizer_config.json",
                                  "special_tokens_map.json",
                                  "chat_template.jinja",
                                  "generation_config.json"};

void copy_files(const fs::path& from, const fs::path& to) {
  for (const char* name : kFiles)
    if (fs::exists(from / name)) write_file(to / name, MappedFile::open(from / name).text());
}

// Everything that a file says but what save_gguf writes itself.
void copy_metadata(const GgufFile& file, GgufWriter& writer) {
  for (const GgufMetadata::Entry& entry : file.metadata().entries()) {
    const bool is_general = entry.key.starts_with("general.") && entry.key != "general.architecture" &&
                            entry.key != "general.file_type" && entry.key != "general.quantization_version";
    if (is_general || entry.key.starts_with("tokenizer.")) writer.copy(entry);
  }
}

}  // namespace

void save_tokenizer(const Checkpoint& from, const fs::path& folder) {
  if (!from.gguf()) return copy_files(from.folder(), folder);
  if (!from.gguf()->metadata().has("tokenizer.ggml.tokens")) return;
  const LoadedTokenizer::Files files = load_gguf_tokenizer(*from.gguf())->files();
  write_file(folder / "tokenizer.json", files.tokenizer.dump() + "\n");
  write_file(folder / "tokenizer_config.json", files.config.dump(2) + "\n");
}

void save_tokenizer(const Checkpoint& from, int64_t vocabulary, GgufWriter& writer) {
  if (from.gguf()) return copy_metadata(*from.gguf(), writer);
  if (!fs::exists(from.folder() / "tokenizer.json")) return;
  TokenizerFiles files = read_tokenizer_files(from.folder());
  PublishedTokenizer published = {std::move(files.tokenizer), std::move(files.config)};
  if (!published.config.is_object()) published.config = Json::object();
  if (!files.chat_template.empty()) published.config["chat_template"] = files.chat_template;
  write_tokenizer(published, vocabulary, writer);
}

}  // namespace graft::inline v0
