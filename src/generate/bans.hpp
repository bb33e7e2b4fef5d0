// SPDX-License-Identifier: Apache-2.0
//
// Tokens that must not come next: their logits become -inf.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline v0 {

// Ids beyond the logits are passed over.
void forbid(std::span<float> logits, std::span<const int32_t> tokens);
// All others.
void force(std::span<float> logits, std::span<const int32_t> tokens);
// What would complete a run of `size` tokens that the text holds already.
void forbid_repeated_ngrams(std::span<float> logits, std::span<const int32_t> text, int size);
// What would complete one of the runs.
void forbid_runs(std::span<float> logits, std::span<const int32_t> text, std::span<const std::vector<int32_t>> runs);

}  // namespace graft::inline v0
