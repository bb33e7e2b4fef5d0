// SPDX-License-Identifier: Apache-2.0
//
// Rows that adapters put before the sequences of a pass.
#pragma once

#include "tensor/run.hpp"

namespace graft::inline v0 {

// x, the embeddings of the batch's tokens, with those of the prompts in the rows of virtual tokens (Lester et al.
// 2021).
Tensor with_prompts(Run& run, const Tensor& x);

// The keys and values of a layer with the prefixes of all sequences before them (Li & Liang 2021), and whose rows they
// are. `keys` null: no sequence has one, and k and v are as they were. It lives as long as the run's tape.
struct PrefixedKeys {
  Tensor k, v;
  std::shared_ptr<const Batch> keys;
};
PrefixedKeys with_prefixes(Run& run, const Tensor& k, const Tensor& v, int layer);

}  // namespace graft::inline v0
