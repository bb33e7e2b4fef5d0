// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/network_pass.hpp"
#include "train/corruption.hpp"

namespace graft::inline v0 {

// What ELECTRA learns from (Clark et al. 2020): some tokens of each row become what the generator, a masked model,
// makes of the rest, drawn from its distribution; without a generator, random ones. The rows' token_labels are 1 where
// a token is another one now, else 0. `numbers`: the keys' rows.
std::vector<TokenRow> replaced_tokens(std::span<const TokenRow* const> rows, std::span<const size_t> numbers,
                                      const Corruption& corruption, const NetworkContext* generator,
                                      size_t micro_batch_tokens, const CorruptionKey& key);

}  // namespace graft::inline v0
