// SPDX-License-Identifier: Apache-2.0
#include "cpu/attention.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// A task owns one head and one block of keys.
void attention_probabilities(const Stream& stream, const AttentionShape& shape, const float* q,
                             const AttentionSequence& sequence, const float* lse, float* p) {
  const int64_t stride = padded(shape.head_width), blocks = ceil_div(sequence.keys, kKeyBlock);
  const AttentionBias& bias = sequence.bias;
  const Workspace memory(stream, scratch_bytes<float>(2 * kKeyBlock * stride));
  parallel_for(stream, blocks * shape.heads, [&](int64_t task, int worker) {
    const int head = static_cast<int>(task / blocks), first = static_cast<int>(task % blocks) * kKeyBlock;
    const KeyBlock block = key_block(shape, Form::f32, sequence, head / (shape.heads / shape.kv_heads), first,
                                     min(kKeyBlock, sequence.keys - first), memory.of_worker<float>(worker));
    for (int i = 0; i < sequence.queries; ++i) {
      const int64_t row = sequence.first + i;
      const float* query = q + (row * shape.heads + head) * shape.head_width;
      const float* biases = bias.data ? bias.data + head * bias.head_stride + i * bias.query_stride : nullptr;
      const KeyRange keys = visible_keys(shape, sequence, i);
      float* out = p + (static_cast<int64_t>(head) * sequence.queries + i) * sequence.keys + first;
      for (int j = 0; j < block.count; ++j) {
        const bool seen = first + j >= keys.begin && first + j < keys.end;
        if (seen) {
          const float s = score(shape, dot(query, block.k.floats + j * block.k.stride, shape.head_width));
          out[j] = exp(splat((biases ? s + biases[first + j] : s) - lse[row * shape.heads + head]))[0];
        } else {
          out[j] = 0;
        }
      }
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
