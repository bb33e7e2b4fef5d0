// SPDX-License-Identifier: Apache-2.0
//
// Attention with online softmax (Dao et al. 2022).
#include <math.h>

#include "cpu/attention.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void attention(const Stream& stream, const AttentionShape& shape, const float* q, const AttentionBatch& batch, float* y,
               float* lse) {
  const int width = shape.head_width;
  const int64_t row_width = static_cast<int64_t>(shape.heads) * width;
  const int64_t bytes = scratch_bytes<float>(width + kKeyBlock);
  Scratch scratch = {static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(bytes * stream.workers)))};
  float* memory = scratch.take<float>(bytes / 4 * stream.workers);
  parallel_for(stream, static_cast<int64_t>(batch.tile_count) * shape.heads, [&](int64_t task, int worker) {
    const AttentionTile& tile = batch.tiles[task / shape.heads];
    const AttentionSequence& sequence = batch.sequences[tile.sequence];
    const int head = static_cast<int>(task % shape.heads);
    float *scores = memory + bytes / 4 * worker, *key = scores + kKeyBlock;
    for (int i = tile.first_query; i < min(sequence.queries, tile.first_query + kAttentionTile); ++i) {
      const int64_t row = sequence.first + i;
      float* out = y + row * row_width + head * width;
      const float* query = q + row * row_width + head * width;
      const KeyRange keys = visible_keys(shape, sequence, i);
      float maximum = -__builtin_inff(), total = 0;
      memset(out, 0, static_cast<size_t>(width) * sizeof(float));
      for (int at = keys.begin; at < keys.end; at += kKeyBlock) {
        const int count = min(kKeyBlock, keys.end - at);
        float top = maximum;
        for (int j = 0; j < count; ++j) {
          read_row(shape, sequence, at + j, head, false, key);
          scores[j] = capped(shape, dot(query, key, width));
          top = max(top, scores[j]);
        }
        const float shrink = expf(maximum - top);
        maximum = top;
        total *= shrink;
        for (int d = 0; d < width; ++d) out[d] *= shrink;
        for (int j = 0; j < count; ++j) {
          const float p = expf(scores[j] - maximum);
          total += p;
          read_row(shape, sequence, at + j, head, true, key);
          for (int d = 0; d < width; ++d) out[d] += p * key[d];
        }
      }
      for (int d = 0; d < width; ++d) out[d] /= total;
      if (lse) lse[row * shape.heads + head] = maximum + logf(total);
    }
  });
}

void attention_probabilities(const Stream& stream, const AttentionShape& shape, const float* q,
                             const AttentionSequence& sequence, const float* lse, float* p) {
  const int width = shape.head_width;
  const int64_t row_width = static_cast<int64_t>(shape.heads) * width;
  const int64_t bytes = scratch_bytes<float>(width);
  Scratch scratch = {static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(bytes * stream.workers)))};
  float* memory = scratch.take<float>(bytes / 4 * stream.workers);
  parallel_for(stream, static_cast<int64_t>(shape.heads) * sequence.queries, [&](int64_t task, int worker) {
    const int head = static_cast<int>(task / sequence.queries), i = static_cast<int>(task % sequence.queries);
    const int64_t row = sequence.first + i;
    float *key = memory + bytes / 4 * worker, *out = p + task * sequence.keys;
    memset(out, 0, static_cast<size_t>(sequence.keys) * sizeof(float));
    const KeyRange keys = visible_keys(shape, sequence, i);
    for (int j = keys.begin; j < keys.end; ++j) {
      read_row(shape, sequence, j, head, false, key);
      const float score = capped(shape, dot(q + row * row_width + head * width, key, width));
      out[j] = expf(score - lse[row * shape.heads + head]);
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
