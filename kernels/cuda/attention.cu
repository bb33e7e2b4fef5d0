// SPDX-License-Identifier: Apache-2.0
//
// Attention by blocks of 64 keys with online softmax (Dao et al. 2022). A block owns 32 rows of a tile of queries and
// passes over the keys that they see: it reads its queries once (heads up to 64 wide; wider ones a block of keys), keys
// and values once, and writes y once. Later tiles, which see more keys, come first. Where all sequences have few
// queries the keys are split, too, and a second kernel joins what the pieces found (Dao et al. 2023, "Flash-Decoding").
#include "cuda/attention_tiles.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

constexpr int kFewQueries = 4, kPieceKeys = 256;

// Of a row's keys in one piece: Σ p · v, the largest score, and the sum of exponentials p. Null: the piece is all.
struct Partial {
  float *sums = nullptr, *top = nullptr, *total = nullptr;  // of [piece, row, head]
  int64_t statistics = 0;                                   // rows · heads
};

template <bool rounds>
struct Memory {
  Tile<rounds, kRows> rows, p;
  Tile<rounds, kKeys> keys;
  Board board;
  PanelRows panel;
  float top[kRows], total[kRows], shrink[kRows];
};

// Products of a block of keys become exponentials, relative to the largest score so far: four threads a row.
template <bool rounds>
__device__ void exponentials(const AttentionShape& shape, const Dropping& drop, const AttentionBias& bias, int first,
                             Memory<rounds>& m) {
  const int row = int(threadIdx.x) / 4;
  const float before = load(&m.top[row]);
  float* const scores = m.board.of + row * kBoardStride;
  float top = before;
  for (int j = int(threadIdx.x) % 4; j < kKeys; j += 4) {
    float s = -INFINITY;
    if (sees(m.panel, row, first + j)) {
      s = score(shape, load(scores + j));
      if (bias.data) s += load(bias.data + load(&m.panel.bias[row]) + first + j);
    }
    store(scores + j, s);
    top = fmaxf(top, s);
  }
  top = warp_reduce(top, Largest(), 4);
  const float base = top == -INFINITY ? 0 : top;
  float total = 0;
  for (int j = int(threadIdx.x) % 4; j < kKeys; j += 4) {
    const float p = expf(load(scores + j) - base);
    m.p.put(row, j, drop.threshold > 0 ? dropped(drop, m.panel, row, first + j, p) : p);
    total += p;
  }
  total = warp_reduce(total, Sum(), 4);
  if (threadIdx.x % 4 != 0) return;
  const float shrink = expf(before - base);
  store(&m.top[row], top);
  store(&m.shrink[row], shrink);
  store(&m.total[row], load(&m.total[row]) * shrink + total);
}

template <int pieces, bool rounds>
__device__ void write_rows(const AttentionShape& shape, const Memory<rounds>& m, float (&sums)[pieces][4][4],
                           const Destination& y, float* lse, const Partial& partial) {
  const int64_t slot = int64_t(blockIdx.z) * partial.statistics;
  Destination to = y;
  if (partial.sums) to.data = partial.sums, to.halves = nullptr;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int64_t at = load(&m.panel.at[own_row(i)]);
    if (at < 0) continue;
    const float total = load(&m.total[own_row(i)]), scale = partial.sums ? 1 : total > 0 ? 1 / total : 0;
    const int64_t first = partial.sums ? slot * shape.head_width + at : at;
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece)
#pragma unroll
      for (int j = 0; j < 4; ++j)
        if (piece * kColumns + own_col(j) < shape.head_width)
          store(to, first + piece * kColumns + own_col(j), sums[piece][i][j] * scale);
  }
  if (threadIdx.x >= kRows || load(&m.panel.at[threadIdx.x]) < 0) return;
  const int statistic = load(&m.panel.statistic[threadIdx.x]);
  const float top = load(&m.top[threadIdx.x]), total = load(&m.total[threadIdx.x]);
  if (partial.sums) {
    store(partial.top + slot + statistic, top);
    store(partial.total + slot + statistic, total);
  } else if (lse) {
    store(lse + statistic, top + logf(total));
  }
}

template <int pieces, bool rounds, class Key>
__global__ void __launch_bounds__(kAttentionThreads)
    attend(AttentionShape shape, Dropping drop, DeviceBatch batch, const float* q, Destination y, float* lse,
           Partial partial, int tiles, int panels) {
  Memory<rounds>& m = shared<Memory<rounds>>();
  const AttentionTile tile = load(batch.tiles + (tiles - 1 - int(blockIdx.x) / panels));
  const DeviceSequence sequence = load(batch.sequences + tile.sequence);
  const int width = shape.head_width, kv_head = int(blockIdx.y), panel = int(blockIdx.x) % panels;
  put_panel(m.panel, shape, sequence, tile.first_query, kv_head, panel);
  if (threadIdx.x < kRows) {
    store(&m.top[threadIdx.x], -INFINITY);
    store(&m.total[threadIdx.x], 0.0f);
  }
  __syncthreads();
  const int last_query = smaller(tile.first_query + kAttentionTile, sequence.queries) - 1;
  int begin = visible_keys(shape, sequence, tile.first_query).begin / kKeys * kKeys;
  int end = has_rows(shape, sequence, tile.first_query, panel) ? visible_keys(shape, sequence, last_query).end : 0;
  if (partial.sums) {
    begin = larger(begin, int(blockIdx.z) * kPieceKeys);
    end = smaller(end, int(blockIdx.z + 1) * kPieceKeys);
  }
  const KeyRows<Key> k = key_rows<Key>(batch, sequence, shape, kv_head, false);
  const KeyRows<Key> v = key_rows<Key>(batch, sequence, shape, kv_head, true);
  float sums[pieces][4][4] = {};
  for (int first = begin; first < end; first += kKeys) {
    float products[4][4] = {};
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece) {
      if (pieces > 1 || first == begin) load_rows(m.rows, m.panel, q, piece, width);
      load_keys(m.keys, k, first, sequence.keys, piece, width);
      __syncthreads();
      multiply<kColumns>(products, view<false>(m.rows), view<false>(m.keys), m.board);
      __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j) store(&m.board.of[own_row(i) * kBoardStride + own_col(j)], products[i][j]);
    __syncthreads();
    exponentials(shape, drop, sequence.bias, first, m);
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece) {
      load_keys(m.keys, v, first, sequence.keys, piece, width);
      __syncthreads();
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[piece][i][j] *= load(&m.shrink[own_row(i)]);
      multiply<kKeys>(sums[piece], view<false>(m.p), view<true>(m.keys), m.board);
      __syncthreads();
    }
  }
  write_rows(shape, m, sums, y, lse, partial);
}

// A block owns one query of one head, and joins its pieces in their order.
__global__ void __launch_bounds__(kWarp)
    join_pieces(AttentionShape shape, DeviceBatch batch, Partial partial, int pieces, Destination y, float* lse) {
  const AttentionTile tile = load(batch.tiles + blockIdx.x / kFewQueries);
  const DeviceSequence sequence = load(batch.sequences + tile.sequence);
  const int query = tile.first_query + int(blockIdx.x % kFewQueries), width = shape.head_width;
  if (query >= sequence.queries) return;
  const int64_t statistic = int64_t(sequence.first + query) * shape.heads + blockIdx.y;
  float top = -INFINITY, total = 0;
  for (int piece = 0; piece < pieces; ++piece)
    top = fmaxf(top, load(partial.top + piece * partial.statistics + statistic));
  const float base = top == -INFINITY ? 0 : top;
  for (int piece = 0; piece < pieces; ++piece) {
    const int64_t at = piece * partial.statistics + statistic;
    total += load(partial.total + at) * expf(load(partial.top + at) - base);
  }
  const float scale = total > 0 ? 1 / total : 0;
  for (int col = int(threadIdx.x); col < width; col += kWarp) {
    float sum = 0;
    for (int piece = 0; piece < pieces; ++piece) {
      const int64_t at = piece * partial.statistics + statistic;
      sum += load(partial.sums + at * width + col) * expf(load(partial.top + at) - base);
    }
    store(y, statistic * width + col, sum * scale);
  }
  if (lse && threadIdx.x == 0) store(lse + statistic, top + logf(total));
}

struct Reach {
  int queries = 0, keys = 0;  // the most of one sequence
};
Reach reach_of(const AttentionBatch& batch) {
  Reach reach;
  for (int i = 0; i < batch.sequence_count; ++i) {
    const AttentionSequence& s = batch.sequences[i];
    reach.queries = larger(reach.queries, s.queries);
    reach.keys = larger(reach.keys, s.keys);
  }
  return reach;
}

}  // namespace

void attention(const Stream& stream, const AttentionShape& shape, const float* q, const AttentionBatch& batch,
               Destination y, float* lse) {
  const Reach reach = reach_of(batch);
  const bool splits = reach.queries <= kFewQueries && reach.keys > kPieceKeys;
  const int key_pieces = splits ? int(ceil_div(reach.keys, kPieceKeys)) : 1;
  const int64_t statistics = statistics_of(shape, batch);
  const Temporary<float> kept(stream, splits ? key_pieces * statistics * (shape.head_width + 2) : 0);
  Partial partial;
  if (splits) {
    partial.top = kept.get();
    partial.total = partial.top + key_pieces * statistics;
    partial.sums = partial.total + key_pieces * statistics;
    partial.statistics = statistics;
  }
  const unsigned panels = panels_of(shape);
  const DeviceBatch on_device = stage_batch(stream, batch);
  with_tiles(shape, [&]<int pieces, bool rounds, class Key>() {
    launch(stream, attend<pieces, rounds, Key>,
           Grid{dim3(unsigned(batch.tile_count) * panels, unsigned(shape.kv_heads), unsigned(key_pieces)),
                kAttentionThreads},
           shape, dropping(shape.dropout.rate, shape.dropout.key), on_device, q, y, lse, partial, batch.tile_count,
           int(panels));
  });
  if (splits)
    launch(stream, join_pieces, Grid{dim3(unsigned(batch.tile_count * kFewQueries), unsigned(shape.heads)), kWarp},
           shape, on_device, partial, key_pieces, y, lse);
}

}  // namespace graft::inline v0::cuda
