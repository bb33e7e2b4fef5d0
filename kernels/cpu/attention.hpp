// SPDX-License-Identifier: Apache-2.0
//
// What the kernels of attention share: keys and values in blocks, and queries in panels. The columns of a panel are the
// queries of a tile for all heads that share a key head, one head after the other; scores lie as [key, column], so that
// the softmax of a column needs no sum across a vector.
#pragma once

#include "cpu/gemm.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// Keys a block; blocks begin at multiples, so that a query's sums do not depend on its tile.
inline constexpr int kKeyBlock = 96;
static_assert(kKeyBlock % 4 == 0);  // whole blocks of random numbers

// Keys [begin, end) that a query sees.
struct KeyRange {
  int begin, end;
};
inline KeyRange visible_keys(const AttentionShape& shape, const AttentionSequence& sequence, int query) {
  const int position = sequence.keys - sequence.queries + query;
  const int begin = shape.window > 0 ? max(0, position - shape.window + 1) : 0;
  if (shape.causal) return {begin, position + 1};
  return {begin, shape.window > 0 ? min(sequence.keys, position + shape.window) : sequence.keys};
}

// Rows of one head, as floats or bf16.
struct Rows {
  const float* floats;
  const uint16_t* halves;  // null: floats
  int64_t stride;

  Rows(const float* data, int64_t row_stride) : floats(data), halves(nullptr), stride(row_stride) {}
  Rows(const uint16_t* data, int64_t row_stride) : floats(nullptr), halves(data), stride(row_stride) {}
};

// Keys and values [first, first + count) of one head. Rows may be read up to a whole vector.
struct KeyBlock {
  Rows k, v;
  int first, count;
};

// The width of rows in scratch: whole vectors.
inline int64_t padded(int head_width) { return round_up(head_width, kLanes); }

// In place where the rows lie together in what the product takes (floats, or bf16 for products in bf16), else copied to
// `memory` (2 * kKeyBlock * padded width).
KeyBlock key_block(const AttentionShape&, Form, const AttentionSequence&, int kv_head, int first, int count,
                   float* memory);

// Up to 32 columns of one tile and key head.
struct QueryPanel {
  int columns;
  int64_t at[kPanel];                  // the element of q, y, dy where the column's row begins
  int64_t statistic[kPanel];           // the element of lse
  int64_t bias[kPanel];                // the element of the sequence's bias for key 0
  int32_t begin[kPanel], end[kPanel];  // visible keys
  uint64_t drawn[kPanel];              // the block of random numbers that key 0 draws from
};

struct Tile {
  const AttentionSequence* sequence;
  int first_query, queries, kv_head;

  int columns(const AttentionShape& shape) const { return shape.heads / shape.kv_heads * queries; }
  KeyRange first_range(const AttentionShape& shape) const { return visible_keys(shape, *sequence, first_query); }
  KeyRange last_range(const AttentionShape& shape) const {
    return visible_keys(shape, *sequence, first_query + queries - 1);
  }
  // Whether each query sees the whole block.
  bool sees_all(const AttentionShape& shape, const KeyBlock& block) const {
    return block.first >= last_range(shape).begin && block.first + block.count <= first_range(shape).end;
  }
};

// Columns [first, first + 32) of the tile.
QueryPanel query_panel(const AttentionShape&, const Tile&, int first, const int64_t* row_keys);

// The columns' rows of x as rows of `padded` width, the rest 0.
void gather_rows(const QueryPanel&, const float* x, int head_width, float* rows);

// The biases of the panel's columns for a block of keys, as the scores lie, in `memory` (kKeyBlock * kPanel); null
// where the sequence has none.
const float* block_bias(const AttentionBias&, const QueryPanel&, const KeyBlock&, float* memory);

// ---- products ----

inline const ProductTable& product_of(const AttentionShape& shape) {
  return shape.compute != Compute::f32 && multiplies_bf16() ? kBf16ByBf16 : kFloatByFloat;
}
// Words of a row of `count` elements, on whole lines.
inline int64_t row_words(int count) { return round_up(count, 16); }

// Rows as a left operand whose depth is the width: as they lie, or rounded in `memory` (count * row_words).
LeftRows rows_as_left(Form, const Rows&, int count, int width, uint32_t* memory);
// The columns of a matrix with rows of 32 as rows of a left operand, whose depth are its rows: likewise.
LeftRows columns_as_left(Form, const float* matrix, int columns, int rows, uint32_t* memory);
// Rows as panels whose depth is the width (32 rows of floats), or whose depth are the rows (any width).
void pack_width(Form, const Rows&, int count, int width, uint32_t* panel);
void pack_depth(Form, const Rows&, int count, int width, uint32_t* panels);

// c[rows, cols] = left · panels (+ c when `adds`); a panel has row_words(depth) words a column.
void multiply(const ProductTable&, const LeftRows& left, int rows, const uint32_t* panels, int cols, int depth,
              float* c, int64_t c_stride, bool adds);

// Scores from products: scaled and capped.
inline Vec score(const AttentionShape& shape, Vec product) {
  const Vec scaled = product * shape.scale;
  return shape.soft_cap > 0 ? shape.soft_cap * tanh(scaled / shape.soft_cap) : scaled;
}
inline float score(const AttentionShape& shape, float product) { return score(shape, splat(product))[0]; }
inline Int sees(const QueryPanel& panel, int column, int key) {
  const Int at = Int{} + key;
  return (at >= load_as<Int>(panel.begin + column)) & (at < load_as<Int>(panel.end + column));
}

// What dropout leaves of a block of probabilities, or of what belongs to them.
void drop(const AttentionShape&, const QueryPanel&, const KeyBlock&, float* scores);

// ---- backward ----

// What the forward pass left of each column, as the backward pass reads it.
struct Columns {
  float lse[kPanel], mean[kPanel];  // mean: Σ y · dy, the mean slope under the probabilities
};
Columns columns_of(const QueryPanel&, int head_width, const float* y, const float* lse, const float* dy);

// Probabilities again, from scores and their log-sum-exp.
inline Vec probabilities(const QueryPanel& panel, int column, int key, bool sees_all, Vec scores, Vec lse) {
  const Vec p = exp(scores - lse);
  return sees_all ? p : select(sees(panel, column, key), p, Vec{});
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
