// SPDX-License-Identifier: Apache-2.0
//
//   const graft::Adapter both = graft::mix_adapters(model, {&polite, &brief}, {.weights = {0.7f, 0.3f}});
#pragma once

#include <graft/adapter.hpp>

namespace graft::inline v0 {

enum class Mixing {
  linear,         // the factors are summed, each times the root of its weight
  concatenation,  // the updates themselves are summed: the ranks add
  // Of each factor only the largest values, and where those disagree on a sign, only the side that weighs more, of
  // which the mean is taken (TIES, Yadav et al. 2023).
  ties,
  dare,  // linear, after values were dropped at random and the rest was scaled up (Yu et al. 2024)
};

struct MixOptions {
  Mixing mixing = Mixing::linear;
  std::vector<float> weights = {};  // of each adapter; empty: all 1
  float density = 0.5f;             // of TIES and DARE: the share of values that stays, above 0 to 1
  uint64_t seed = 0;                // of DARE
};

// One LoRA adapter of several low-rank ones, as PEFT's add_weighted_adapter makes it. But for a concatenation, all must
// have the same rank at a matrix that several change. Throws ArgumentError for options that do not fit,
// UnsupportedError for adapters that are more than low-rank updates of matrices.
GRAFT_EXPORT Adapter mix_adapters(const Model& model, const std::vector<const Adapter*>& adapters,
                                  const MixOptions& options = {});

}  // namespace graft::inline v0
