// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "graft/tokenizer_train_options.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

struct TrainedTokenizer {
  Json tokenizer;  // tokenizer.json
  Json config;     // tokenizer_config.json
};

// ArgumentError: an option is out of its range, the vocabulary is too small, or there is no text. What `next` throws
// passes through.
TrainedTokenizer train_tokenizer(const std::function<std::optional<std::string>()>& next,
                                 const TokenizerTrainOptions& options);

}  // namespace graft::inline v0
