// SPDX-License-Identifier: Apache-2.0
//
// The gradient of attention, from probabilities recomputed out of the log-sum-exp (Dao et al. 2022). Nothing is added
// by two blocks: one kernel owns rows of dq and passes over the keys, another owns 32 keys of dk and dv and passes over
// the queries of all heads that share them. Both read q, dy, k and v once a block of the other side, mostly from the
// cache.
#include "cuda/attention_slopes.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

constexpr int kOwnKeys = 32;

// A block owns 32 keys of a sequence.
struct KeyTile {
  int sequence, first_key;
};

template <bool rounds, int height>
struct Memory {
  Tile<rounds, kRows> rows, slopes;
  Tile<rounds, height> keys;
  Board board;
  PanelRows panel;
};
template <bool rounds>
struct KeyMemory : Memory<rounds, kOwnKeys> {
  Tile<rounds, kRows> p;
};

template <int pieces, bool rounds>
__global__ void __launch_bounds__(kAttentionThreads)
    add_query_gradients(AttentionShape shape, DeviceBatch batch, Gradients g, GradientSum dq, int panels) {
  using QueryMemory = Memory<rounds, kKeys>;
  QueryMemory& m = shared<QueryMemory>();
  const AttentionTile tile = load(batch.tiles + int(blockIdx.x) / panels);
  const DeviceSequence sequence = load(batch.sequences + tile.sequence);
  const int width = shape.head_width, kv_head = int(blockIdx.y), panel = int(blockIdx.x) % panels;
  put_panel(m.panel, shape, sequence, tile.first_query, kv_head, panel);
  __syncthreads();
  const int last_query = smaller(tile.first_query + kAttentionTile, sequence.queries) - 1;
  const int begin = visible_keys(shape, sequence, tile.first_query).begin / kKeys * kKeys;
  const int end =
      has_rows(shape, sequence, tile.first_query, panel) ? visible_keys(shape, sequence, last_query).end : 0;
  const KeyRows<float> k = key_rows<float>(batch, sequence, shape, kv_head, false);
  const KeyRows<float> v = key_rows<float>(batch, sequence, shape, kv_head, true);
  float sums[pieces][4][4] = {};
  for (int first = begin; first < end; first += kKeys) {
    float products[4][4] = {}, gradients[4][4] = {};
    both_products<pieces, rounds>(m.rows, m.keys, m.board, m.panel, g, k, v, first, sequence.keys, width, products,
                                  gradients);
    Slopes<4> slopes;
    slopes.find(shape, sequence.bias, g, m.panel, first, products, gradients);
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j)
        m.slopes.put(own_row(i), own_col(j), slopes.of_product(shape, products[i][j], slopes.before_bias[i][j]));
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece) {
      load_keys(m.keys, k, first, sequence.keys, piece, width);
      __syncthreads();
      multiply<kKeys>(sums[piece], view<false>(m.slopes), view<true>(m.keys), m.board);
      __syncthreads();
    }
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int64_t at = load(&m.panel.at[own_row(i)]);
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece)
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const int col = piece * kColumns + own_col(j);
        if (at >= 0 && col < width) add_to(dq, at + col, sums[piece][i][j]);
      }
  }
}

// Whether a query of [first, first + 32) sees a key of the tile.
__device__ bool meet(const AttentionShape& shape, const DeviceSequence& sequence, int first, int first_key) {
  const int last = smaller(first + kRows, sequence.queries) - 1;
  return visible_keys(shape, sequence, first).begin < first_key + kOwnKeys &&
         visible_keys(shape, sequence, last).end > first_key;
}

// Two blocks a multiprocessor, so that both sums stay in registers.
template <int pieces, bool rounds>
__global__ void __launch_bounds__(kAttentionThreads, 2)
    add_key_gradients(AttentionShape shape, DeviceBatch batch, const KeyTile* tiles, Gradients g, GradientSum dk,
                      GradientSum dv) {
  KeyMemory<rounds>& m = shared<KeyMemory<rounds>>();
  const KeyTile tile = load(tiles + blockIdx.x);
  const DeviceSequence sequence = load(batch.sequences + tile.sequence);
  const int width = shape.head_width, kv_head = int(blockIdx.y), group = shape.heads / shape.kv_heads;
  const KeyRows<float> k = key_rows<float>(batch, sequence, shape, kv_head, false);
  const KeyRows<float> v = key_rows<float>(batch, sequence, shape, kv_head, true);
  float k_sums[pieces][4][4] = {}, v_sums[pieces][4][4] = {};
  for (int head = kv_head * group; head < (kv_head + 1) * group; ++head)
    for (int query = 0; query < sequence.queries; query += kRows) {
      if (!meet(shape, sequence, query, tile.first_key)) continue;
      __syncthreads();  // the last panel is read
      if (threadIdx.x < kRows) {
        const int own = query + int(threadIdx.x);
        put_row(m.panel, int(threadIdx.x), shape, sequence, own < sequence.queries ? head : -1, own);
      }
      __syncthreads();
      float products[4][2] = {}, gradients[4][2] = {};
      both_products<pieces, rounds>(m.rows, m.keys, m.board, m.panel, g, k, v, tile.first_key, sequence.keys, width,
                                    products, gradients);
      Slopes<2> slopes;
      slopes.find(shape, sequence.bias, g, m.panel, tile.first_key, products, gradients);
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 2; ++j) {
          m.p.put(own_row(i), own_col(j), slopes.p[i][j]);
          m.slopes.put(own_row(i), own_col(j), slopes.of_product(shape, products[i][j], slopes.before_bias[i][j]));
        }
#pragma unroll
      for (int piece = 0; piece < pieces; ++piece) {
        load_rows(m.rows, m.panel, g.dy, piece, width);
        __syncthreads();
        multiply<kRows>(v_sums[piece], view<true>(m.p), view<true>(m.rows), m.board);
        __syncthreads();
        load_rows(m.rows, m.panel, g.q, piece, width);
        __syncthreads();
        multiply<kRows>(k_sums[piece], view<true>(m.slopes), view<true>(m.rows), m.board);
        __syncthreads();
      }
    }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int key = tile.first_key + own_row(i);
    if (key >= sequence.keys) continue;
    const int64_t at = ((sequence.key_row + key) * shape.kv_heads + kv_head) * width;
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece)
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const int col = piece * kColumns + own_col(j);
        if (col >= width) continue;
        add_to(dk, at + col, k_sums[piece][i][j]);
        add_to(dv, at + col, v_sums[piece][i][j]);
      }
  }
}

// A warp owns one row of one head.
__global__ void __launch_bounds__(kThreads)
    sum_slopes(const float* y, const float* dy, int64_t statistics, int width, float* mean) {
  const int64_t statistic = int64_t(blockIdx.x) * (kThreads / kWarp) + threadIdx.x / kWarp;
  if (statistic >= statistics) return;  // a whole warp
  float sum = 0;
  for (int col = int(threadIdx.x % kWarp); col < width; col += kWarp)
    sum += load(y + statistic * width + col) * load(dy + statistic * width + col);
  sum = warp_reduce(sum);
  if (threadIdx.x % kWarp == 0) store(mean + statistic, sum);
}

}  // namespace

void mean_slopes(const Stream& stream, const AttentionShape& shape, int64_t statistics, const float* y, const float* dy,
                 float* mean) {
  launch(stream, sum_slopes, Grid{dim3(unsigned(ceil_div(statistics, kThreads / kWarp)))}, y, dy, statistics,
         shape.head_width, mean);
}

void attention_backward(const Stream& stream, const AttentionShape& shape, const float* q, const AttentionBatch& batch,
                        const float* y, const float* lse, const float* dy, GradientSum dq, GradientSum dk,
                        GradientSum dv) {
  const int64_t statistics = statistics_of(shape, batch);
  const Temporary<float> mean(stream, statistics);
  mean_slopes(stream, shape, statistics, y, dy, mean.get());
  int64_t key_tiles = 0;
  for (int i = 0; i < batch.sequence_count; ++i) key_tiles += ceil_div(batch.sequences[i].keys, kOwnKeys);
  const HostArray<KeyTile> tiles(key_tiles);
  int64_t at = 0;
  for (int i = 0; i < batch.sequence_count; ++i)
    for (int first = 0; first < batch.sequences[i].keys; first += kOwnKeys) tiles[at++] = {i, first};
  const DeviceBatch on_device = stage_batch(stream, batch);
  const KeyTile* const tiles_there = stage(stream, tiles.get(), key_tiles);
  const Gradients g = {q, dy, lse, mean.get(), dropping(shape.dropout.rate, shape.dropout.key)};
  const unsigned panels = panels_of(shape), kv_heads = unsigned(shape.kv_heads);
  with_tiles(shape, [&]<int pieces, bool rounds, class Key>() {
    launch(stream, add_query_gradients<pieces, rounds>,
           Grid{dim3(unsigned(batch.tile_count) * panels, kv_heads), kAttentionThreads}, shape, on_device, g, dq,
           int(panels));
    launch(stream, add_key_gradients<pieces, rounds>, Grid{dim3(unsigned(key_tiles), kv_heads), kAttentionThreads},
           shape, on_device, tiles_there, g, dk, dv);
  });
}

}  // namespace graft::inline v0::cuda
