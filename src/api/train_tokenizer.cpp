// SPDX-License-Identifier: Apache-2.0
#include "graft/dataset.hpp"
#include "graft/tokenizer.hpp"
#include "tokenizers/loaded_tokenizer.hpp"
#include "tokenizers/train.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kName = "trained tokenizer";

}  // namespace

Tokenizer Tokenizer::train(const std::function<std::optional<std::string>()>& next,
                           const TokenizerTrainOptions& options) {
  const TrainedTokenizer trained = train_tokenizer(next, options);
  return Tokenizer(LoadedTokenizer::from_json(trained.tokenizer, kName, trained.config, Json(), ""));
}

Tokenizer Tokenizer::train(std::span<const std::string> texts, const TokenizerTrainOptions& options) {
  size_t i = 0;
  return train([&]() { return i < texts.size() ? std::optional(texts[i++]) : std::nullopt; }, options);
}

Tokenizer Tokenizer::train(const Dataset& texts, const TokenizerTrainOptions& options) {
  size_t i = 0;
  return train([&]() { return i < texts.size() ? std::optional(texts[i++].all_text()) : std::nullopt; }, options);
}

}  // namespace graft::inline v0
