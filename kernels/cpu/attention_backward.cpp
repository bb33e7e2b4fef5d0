// SPDX-License-Identifier: Apache-2.0
//
// The gradient of attention, from probabilities recomputed out of the log-sum-exp (Dao et al. 2022).
#include "cpu/attention.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// A task owns one kv head of one sequence.
void attention_backward(const Stream& stream, const AttentionShape& shape, const float* q, const AttentionBatch& batch,
                        const float* y, const float* lse, const float* dy, float* dq, float* dk, float* dv) {
  const int width = shape.head_width, shared = shape.heads / shape.kv_heads;
  const int64_t row_width = static_cast<int64_t>(shape.heads) * width;
  parallel_for(stream, static_cast<int64_t>(batch.sequence_count) * shape.kv_heads, [&](int64_t task, int) {
    const int index = static_cast<int>(task / shape.kv_heads), kv_head = static_cast<int>(task % shape.kv_heads);
    const AttentionSequence& sequence = batch.sequences[index];
    int64_t first_key = 0;
    for (int i = 0; i < index; ++i) first_key += batch.sequences[i].keys;
    const KeyValueSpan& span = sequence.spans[0];
    for (int head = kv_head * shared; head < (kv_head + 1) * shared; ++head)
      for (int i = 0; i < sequence.queries; ++i) {
        const int64_t row = sequence.first + i, at = row * row_width + head * width;
        const float mean = dot(y + at, dy + at, width), scale_lse = lse[row * shape.heads + head];
        const KeyRange keys = visible_keys(shape, sequence, i);
        for (int j = keys.begin; j < keys.end; ++j) {
          const int64_t from = j * span.stride + kv_head * width;
          const float *key = static_cast<const float*>(span.k) + from,
                      *value = static_cast<const float*>(span.v) + from;
          const int64_t to = ((first_key + j) * shape.kv_heads + kv_head) * width;
          const float score = capped(shape, dot(q + at, key, width));
          const float p = expf(score - scale_lse);
          float ds = p * (dot(dy + at, value, width) - mean) * shape.scale;
          if (shape.soft_cap > 0) ds *= 1 - (score / shape.soft_cap) * (score / shape.soft_cap);
          for (int d = 0; d < width; ++d) {
            dv[to + d] += p * dy[at + d];
            dk[to + d] += ds * q[at + d];
            dq[at + d] += ds * key[d];
          }
        }
      }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
