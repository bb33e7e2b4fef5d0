// SPDX-License-Identifier: Apache-2.0
//
// A matrix of one value a score: for observers, and for the gradient of what is added to scores.
#pragma once

#include "cuda/attention_slopes.cuh"

namespace graft::inline v0::cuda {

template <bool rounds>
struct ScoreMemory {
  Tile<rounds, kRows> rows;
  Tile<rounds, kKeys> keys;
  Board board;
  PanelRows panel;
};

// out[head, query - first_query, key] of the one sequence of the batch, for queries [first_query, end_query): its
// probability, or the slope of its score when `slopes`. A block owns 32 queries of one head and 64 keys.
template <int pieces, bool rounds, class Key, bool slopes>
__global__ void __launch_bounds__(kAttentionThreads)
    write_scores(AttentionShape shape, DeviceBatch batch, Gradients g, int first_query, int end_query, float* out) {
  ScoreMemory<rounds>& m = shared<ScoreMemory<rounds>>();
  const DeviceSequence sequence = load(batch.sequences);
  const int head = int(blockIdx.z), kv_head = head / (shape.heads / shape.kv_heads), width = shape.head_width;
  const int query = first_query + int(blockIdx.x) * kRows, first = int(blockIdx.y) * kKeys;
  if (threadIdx.x < kRows) {
    const int own = query + int(threadIdx.x);
    put_row(m.panel, int(threadIdx.x), shape, sequence, own < end_query ? head : -1, own);
  }
  __syncthreads();
  const KeyRows<Key> k = key_rows<Key>(batch, sequence, shape, kv_head, false);
  float products[4][4] = {}, gradients[4][4] = {};
#pragma unroll 1
  for (int piece = 0; piece < pieces; ++piece) {
    load_rows(m.rows, m.panel, g.q, piece, width);
    load_keys(m.keys, k, first, sequence.keys, piece, width);
    __syncthreads();
    multiply<kColumns>(products, view<false>(m.rows), view<false>(m.keys), m.board);
    __syncthreads();
    if constexpr (slopes) {
      load_rows(m.rows, m.panel, g.dy, piece, width);
      load_keys(m.keys, key_rows<Key>(batch, sequence, shape, kv_head, true), first, sequence.keys, piece, width);
      __syncthreads();
      multiply<kColumns>(gradients, view<false>(m.rows), view<false>(m.keys), m.board);
      __syncthreads();
    }
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int row = own_row(i), statistic = load(&m.panel.statistic[row]);
    if (query + row >= end_query) continue;
    const float lse = load(g.lse + statistic), mean = slopes ? load(g.mean + statistic) : 0;
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const int key = first + own_col(j);
      if (key >= sequence.keys) continue;
      float value = 0;
      if (sees(m.panel, row, key)) {
        const float s = score(shape, products[i][j]);
        value = expf((sequence.bias.data ? s + load(sequence.bias.data + load(&m.panel.bias[row]) + key) : s) - lse);
        const float kept = slopes && g.drop.threshold > 0 ? dropped(g.drop, m.panel, row, key, 1) : 1;
        if (slopes) value *= gradients[i][j] * kept - mean;
      }
      store(out + (int64_t(head) * (end_query - first_query) + query + row - first_query) * sequence.keys + key, value);
    }
  }
}

}  // namespace graft::inline v0::cuda
