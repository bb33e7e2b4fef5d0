// SPDX-License-Identifier: Apache-2.0
//
// What the kernels of attention share: tiles of queries, keys and values in shared memory, and their products. A block
// of 128 threads owns 32 rows (queries of one sequence, of the heads that share a key head); thread t owns the elements
// (t / 16 + 8 i, t % 16 + 16 j) of a product. Heads are cut into pieces of 64 columns. Exact tiles are floats,
// multiplied thread by thread; rounded ones are bf16, multiplied by tensor cores through fragments that nobody looks
// into.
#pragma once

#include <mma.h>

#include "cuda/philox.cuh"

namespace graft::inline v0::cuda {

constexpr int kAttentionThreads = 128, kRows = 32, kKeys = 64, kColumns = 64, kBoardStride = 68;
static_assert(kRows == kAttentionTile);

// ---- batches on the device ----

struct DeviceSequence {
  int first = 0, queries = 0, keys = 0;
  int first_span = 0, span_count = 0;
  AttentionBias bias = {};
  int64_t key_row = 0;                // of the sequence's first key, where all sequences' keys lie one after the other
  const int64_t* row_keys = nullptr;  // of the sequence's queries, where probabilities are dropped
};
struct DeviceBatch {
  const DeviceSequence* sequences = nullptr;
  const KeyValueSpan* spans = nullptr;
  const AttentionTile* tiles = nullptr;
};
// Rows of q that the batch uses, and those of all heads.
int rows_in_use(const AttentionBatch&);
inline int64_t statistics_of(const AttentionShape& shape, const AttentionBatch& batch) {
  return int64_t(rows_in_use(batch)) * shape.heads;
}
DeviceBatch stage_batch(const Stream&, const AttentionBatch&);
DeviceBatch stage_sequence(const Stream&, const AttentionSequence&, const int64_t* row_keys = nullptr);

// Keys [begin, end) that a query sees.
struct KeyRange {
  int begin, end;
};
__device__ inline KeyRange visible_keys(const AttentionShape& shape, const DeviceSequence& sequence, int query) {
  const int position = sequence.keys - sequence.queries + query;
  const int begin = shape.window > 0 ? larger(0, position - shape.window + 1) : 0;
  if (shape.causal) return {begin, position + 1};
  return {begin, shape.window > 0 ? smaller(sequence.keys, position + shape.window) : sequence.keys};
}

// Scores from products: scaled and capped.
__device__ inline float score(const AttentionShape& shape, float product) {
  const float scaled = product * shape.scale;
  return shape.soft_cap > 0 ? shape.soft_cap * tanhf(scaled / shape.soft_cap) : scaled;
}

// ---- rows of queries ----

// Where each row of the block lies; at is -1 where there is none, and the row then sees no key.
struct PanelRows {
  int64_t at[kRows];      // the element of q, y, dy where its head begins
  int64_t bias[kRows];    // the element of the sequence's bias for key 0
  uint64_t drawn[kRows];  // the block of random numbers that key 0 draws from
  int statistic[kRows];   // the element of lse
  int begin[kRows], end[kRows];
};
__device__ inline void put_row(PanelRows& rows, int r, const AttentionShape& shape, const DeviceSequence& sequence,
                               int head, int query) {
  const bool exists = head >= 0;
  const KeyRange keys = exists ? visible_keys(shape, sequence, query) : KeyRange{0, 0};
  const int statistic = exists ? (sequence.first + query) * shape.heads + head : 0;
  store(&rows.at[r], exists ? int64_t(statistic) * shape.head_width : int64_t(-1));
  store(&rows.bias[r], exists ? head * sequence.bias.head_stride + query * sequence.bias.query_stride : int64_t(0));
  const int64_t row_key = exists && sequence.row_keys ? load(sequence.row_keys + query) : 0;
  store(&rows.drawn[r], uint64_t(row_key * shape.heads + head) << (kKeyBits - 2));
  store(&rows.statistic[r], statistic);
  store(&rows.begin[r], keys.begin);
  store(&rows.end[r], keys.end);
}
__device__ inline bool sees(const PanelRows& rows, int r, int key) {
  return key >= load(&rows.begin[r]) && key < load(&rows.end[r]);
}

// What dropout leaves of x, which belongs to a key of the row.
__device__ inline float dropped(const Dropping& drop, const PanelRows& rows, int r, int key, float x) {
  const uint4 drawn = philox(drop, load(&rows.drawn[r]) + uint64_t(key / 4));
  const int word = key % 4;
  return drop.of(word == 0 ? drawn.x : word == 1 ? drawn.y : word == 2 ? drawn.z : drawn.w, x);
}

// Rows [32 panel, …) of a tile and a key head: the tile's queries for one head after the other.
__device__ inline void put_panel(PanelRows& rows, const AttentionShape& shape, const DeviceSequence& sequence,
                                 int first_query, int kv_head, int panel) {
  if (threadIdx.x >= kRows) return;
  const int group = shape.heads / shape.kv_heads, queries = smaller(kAttentionTile, sequence.queries - first_query);
  const int row = panel * kRows + int(threadIdx.x);
  const bool exists = row < group * queries;
  put_row(rows, int(threadIdx.x), shape, sequence, exists ? kv_head * group + row / queries : -1,
          exists ? first_query + row % queries : 0);
}
// Whether the panel has any row.
__device__ inline bool has_rows(const AttentionShape& shape, const DeviceSequence& sequence, int first_query,
                                int panel) {
  return panel * kRows < shape.heads / shape.kv_heads * smaller(kAttentionTile, sequence.queries - first_query);
}
inline unsigned panels_of(const AttentionShape& shape) {
  return unsigned(ceil_div(int64_t(kAttentionTile) * (shape.heads / shape.kv_heads), kRows));
}

// ---- tiles ----

template <bool rounds>
struct TileType {
  using Element = float;
  static constexpr int kStride = 65;  // so that rows lie in different banks
  __device__ static float of(float x) { return x; }
};
template <>
struct TileType<true> {
  using Element = __nv_bfloat16;
  static constexpr int kStride = 72;
  __device__ static __nv_bfloat16 of(float x) { return __float2bfloat16_rn(x); }
};
template <bool rounds, int height>
struct alignas(32) Tile {
  typename TileType<rounds>::Element of[height * TileType<rounds>::kStride];

  __device__ void put(int row, int col, float value) {
    store(&of[row * TileType<rounds>::kStride + col], TileType<rounds>::of(value));
  }
};
struct alignas(32) Board {
  float of[kRows * kBoardStride];
};

// Columns [64 piece, …) of the rows of q or dy.
template <bool rounds>
__device__ void load_rows(Tile<rounds, kRows>& tile, const PanelRows& rows, const float* x, int piece, int width) {
  const int col = int(threadIdx.x) % kColumns, from = piece * kColumns + col;
  for (int r = int(threadIdx.x) / kColumns; r < kRows; r += kAttentionThreads / kColumns) {
    const int64_t at = load(&rows.at[r]);
    tile.put(r, col, at >= 0 && from < width ? load(x + at + from) : 0);
  }
}

// The keys or values of one head of a sequence.
template <class Key>
struct KeyRows {
  const KeyValueSpan* spans;
  int span_count;
  int64_t first_column;
  bool of_values;

  __device__ const Key* row(int key) const {
    int s = 0;
    for (; s + 1 < span_count && key >= load(&spans[s].rows); ++s) key -= load(&spans[s].rows);
    const KeyValueSpan span = load(spans + s);
    return static_cast<const Key*>(of_values ? span.v : span.k) + key * span.stride + first_column;
  }
};
template <class Key>
__device__ KeyRows<Key> key_rows(const DeviceBatch& batch, const DeviceSequence& sequence, const AttentionShape& shape,
                                 int kv_head, bool of_values) {
  return {batch.spans + sequence.first_span, sequence.span_count, int64_t(kv_head) * shape.head_width, of_values};
}
// Columns [64 piece, …) of `height` keys from `first` on.
template <bool rounds, int height, class Key>
__device__ void load_keys(Tile<rounds, height>& tile, const KeyRows<Key>& rows, int first, int keys, int piece,
                          int width) {
  const int col = int(threadIdx.x) % kColumns, from = piece * kColumns + col;
  for (int r = int(threadIdx.x) / kColumns; r < height; r += kAttentionThreads / kColumns)
    tile.put(r, col, first + r < keys && from < width ? load_float(rows.row(first + r) + from) : 0);
}

// ---- products ----

// A tile as one side of a product: element k of row or column o lies at [o, k] of the tile, or at [k, o] when turned.
template <bool rounds, bool turned>
struct View {
  const typename TileType<rounds>::Element* data;
  static constexpr int kOuter = turned ? 1 : TileType<rounds>::kStride, kDepth = turned ? TileType<rounds>::kStride : 1;
};
template <bool turned, bool rounds, int height>
__device__ View<rounds, turned> view(const Tile<rounds, height>& tile) {
  return {tile.of};
}

__device__ inline int own_row(int i) { return int(threadIdx.x) / 16 + 8 * i; }
__device__ inline int own_col(int j) { return int(threadIdx.x) % 16 + 16 * j; }

// sums[i][j] += Σ a(row, k) · b(column, k) for k < depth. No barrier is needed but that between the tiles' filling and
// this; and one after it, before they are filled anew.
template <int depth, int rows, int cols, bool a_turned, bool b_turned>
__device__ void multiply(float (&sums)[rows][cols], View<false, a_turned> a, View<false, b_turned> b, Board&) {
#pragma unroll 4
  for (int k = 0; k < depth; ++k) {
    float left[rows], right[cols];
#pragma unroll
    for (int i = 0; i < rows; ++i) left[i] = load(a.data + own_row(i) * a.kOuter + k * a.kDepth);
#pragma unroll
    for (int j = 0; j < cols; ++j) right[j] = load(b.data + own_col(j) * b.kOuter + k * b.kDepth);
#pragma unroll
    for (int i = 0; i < rows; ++i)
#pragma unroll
      for (int j = 0; j < cols; ++j) sums[i][j] += left[i] * right[j];
  }
}

// Each warp multiplies some of the tiles of 16 × 16, which come to their threads over the board.
template <int depth, int rows, int cols, bool a_turned, bool b_turned>
__device__ void multiply(float (&sums)[rows][cols], View<true, a_turned> a, View<true, b_turned> b, Board& board) {
  using namespace nvcuda::wmma;
  using LayoutA = std::conditional_t<a_turned, col_major, row_major>;
  using LayoutB = std::conditional_t<b_turned, row_major, col_major>;
  constexpr int kStride = TileType<true>::kStride, kTiles = rows / 2 * cols;
  for (int t = int(threadIdx.x) / kWarp; t < kTiles; t += kAttentionThreads / kWarp) {
    const int row = t / cols * 16, col = t % cols * 16;
    fragment<accumulator, 16, 16, 16, float> sum;
    fill_fragment(sum, 0.0f);
#pragma unroll
    for (int k = 0; k < depth; k += 16) {
      fragment<matrix_a, 16, 16, 16, __nv_bfloat16, LayoutA> left;
      fragment<matrix_b, 16, 16, 16, __nv_bfloat16, LayoutB> right;
      load_matrix_sync(left, a.data + row * a.kOuter + k * a.kDepth, kStride);
      load_matrix_sync(right, b.data + col * b.kOuter + k * b.kDepth, kStride);
      mma_sync(sum, left, right, sum);
    }
    store_matrix_sync(board.of + row * kBoardStride + col, sum, kBoardStride, mem_row_major);
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < rows; ++i)
#pragma unroll
    for (int j = 0; j < cols; ++j) sums[i][j] += load(&board.of[own_row(i) * kBoardStride + own_col(j)]);
  __syncthreads();
}

// body.template operator()<pieces, rounds, Key>() for the shape: pieces of 64 columns a head (1, 2 or 4), whether
// products are rounded, and what keys are kept as.
template <class Body>
void with_tiles(const AttentionShape& shape, const Body& body) {
  const auto with_pieces = [&]<bool rounds, class Key>() {
    if (shape.head_width <= kColumns) return body.template operator()<1, rounds, Key>();
    if (shape.head_width <= 2 * kColumns) return body.template operator()<2, rounds, Key>();
    body.template operator()<4, rounds, Key>();
  };
  const auto with_key = [&]<bool rounds>() {
    if (shape.cache == Dtype::bf16) return with_pieces.template operator()<rounds, uint16_t>();
    with_pieces.template operator()<rounds, float>();
  };
  if (shape.head_width > 4 * kColumns) fail(false, "attention", size_t(shape.head_width), "heads are at most 256 wide");
  if (shape.compute == Compute::f32) return with_key.template operator()<false>();
  with_key.template operator()<true>();
}

}  // namespace graft::inline v0::cuda
