// SPDX-License-Identifier: Apache-2.0
//
// The probabilities themselves, recomputed in floats from the log-sum-exp; each is written once.
#include "cuda/attention_scores.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {

void attention_probabilities(const Stream& stream, const AttentionShape& shape, const float* q,
                             const AttentionSequence& sequence, const float* lse, float* p) {
  AttentionShape exact = shape;
  exact.compute = Compute::f32;
  const DeviceBatch batch = stage_sequence(stream, sequence);
  const dim3 blocks(unsigned(ceil_div(sequence.queries, kRows)), unsigned(ceil_div(sequence.keys, kKeys)),
                    unsigned(shape.heads));
  with_tiles(exact, [&]<int pieces, bool rounds, class Key>() {
    if constexpr (!rounds)
      launch(stream, write_scores<pieces, rounds, Key, false>, Grid{blocks, kAttentionThreads}, exact, batch,
             Gradients{q, nullptr, lse, nullptr}, 0, sequence.queries, p);
  });
}

}  // namespace graft::inline v0::cuda
