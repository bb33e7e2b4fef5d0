// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/gguf_pre_tokenizers.hpp"

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "support/published_tokenizers.hpp"
#include "tokenizers/section_writers.hpp"

namespace graft::inline v0 {
namespace {

Json split(std::string_view pattern) {
  return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
}

}  // namespace

GgufPreTokenizer gguf_pre_tokenizer(const std::string& name, const std::string& file) {
  const auto is = [&](auto... names) { return ((name == names) || ...); };
  GgufPreTokenizer found;
  if (is("gpt-2", "phi-2", "roberta-bpe", "jina-en", "mpt", "olmo", "")) {
    found.pre_tokenizer = byte_level_section(true);
  } else if (is("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone")) {
    found.pre_tokenizer =
        pre_tokenizer_section({{{"type", "Digits"}, {"individual_digits", true}}, byte_level_section(true)});
  } else if (is("llama-bpe", "llama3", "llama-v3", "smaug-bpe", "dbrx", "falcon3")) {
    found.pre_tokenizer = pre_tokenizer_section({split(kThreeDigitsPattern), byte_level_section(false)});
    found.ignores_merges = found.begins_text = is("llama-bpe", "llama3", "llama-v3", "falcon3");
  } else if (is("qwen2", "deepseek-r1-qwen", "stablelm2")) {
    found.pre_tokenizer = pre_tokenizer_section({split(kOneDigitPattern), byte_level_section(false)});
    if (!is("stablelm2")) found.normalizer = {{"type", "NFC"}};
  } else {
    fail<UnsupportedError>(file, ": tokenizer.ggml.pre ", in_quotes(name), " is not supported yet");
  }
  return found;
}

}  // namespace graft::inline v0
