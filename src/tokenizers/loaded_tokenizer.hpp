// SPDX-License-Identifier: Apache-2.0
//
// A tokenizer with all that a model needs besides: the special tokens by their parts, and the chat templates.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/json.hpp"
#include "tokenizers/chat_template.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/pipeline.hpp"

namespace graft::inline v0 {

// Without a token there is no id.
struct SpecialTokens {
  std::optional<int32_t> bos, eos, padding, unknown;
};

class LoadedTokenizer {
 public:
  // From the files of a folder; `config` (tokenizer_config.json) and `special_tokens` (special_tokens_map.json) may be
  // null. A template of a file of its own goes before that of the config.
  static std::unique_ptr<const LoadedTokenizer> from_json(const Json& tokenizer, const std::string& file,
                                                          const Json& config, const Json& special_tokens,
                                                          std::string_view chat_template);
  // From parts that some other file gave, with the same beside them.
  static std::unique_ptr<const LoadedTokenizer> from_parts(PipelineParts parts, const std::string& file,
                                                           const Json& config, const Json& special_tokens,
                                                           std::string_view chat_template);
  // From the metadata of a GGUF file; `templates` by name, "default" for the usual one.
  static std::unique_ptr<const LoadedTokenizer> from_gguf(const GgufVocabulary& vocabulary,
                                                          const std::map<std::string, std::string>& templates,
                                                          const std::string& file);

  const Pipeline& pipeline() const { return pipeline_; }
  const Decoder& decoder() const { return pipeline_.decoder(); }
  const SpecialTokens& special() const { return special_; }
  // As transformers reads it: tokenizer.json and tokenizer_config.json.
  struct Files {
    Json tokenizer, config;
  };
  Files files() const { return {pipeline_.describe(), config_}; }
  bool has_chat_template() const { return !templates_.empty(); }

  // The template "tool_use" where there is one and tools are given, else "default". ArgumentError: there is no
  // template, the template refuses the messages, or has an error.
  RenderedChat render(const ChatInput& input) const;
  // The tokens of the rendered text. Special tokens come from the template alone: what messages spell stays text.
  std::vector<int32_t> encode(const ChatInput& input) const;

 private:
  // A template that cannot be parsed spoils nothing but its own use.
  struct Template {
    std::optional<ChatTemplate> parsed;
    std::string error;
  };
  LoadedTokenizer(PipelineParts parts, std::string file) : pipeline_(std::move(parts)), file_(std::move(file)) {}
  void add_template(const std::string& name, std::string_view source,
                    const std::vector<std::pair<std::string, std::string>>& variables);
  std::optional<int32_t> id(const std::string& token) const;

  Pipeline pipeline_;
  SpecialTokens special_;
  std::map<std::string, Template> templates_;
  std::string file_;
  Json config_;
};

}  // namespace graft::inline v0
