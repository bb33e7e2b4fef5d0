// SPDX-License-Identifier: Apache-2.0
#include "cpu/attention.hpp"
#include "cpu/philox.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

inline Half as_element(Half halves, uint16_t) { return halves; }
inline Vec as_element(Half halves, float) { return from_bf16(halves); }
inline Vec as_element(Vec floats, float) { return floats; }

// `count` rows as rows of padded width, filled up with zeros: as they are, or bf16 as floats.
template <class From, class To>
void copy_rows(const From* rows, int64_t stride, int count, int width, To* out) {
  for (int row = 0; row < count; ++row, rows += stride, out += padded(width))
    for_vectors(width, [&](int64_t i, int lanes) { store(out + i, as_element(load(rows + i, lanes), To{}), kLanes); });
}

// The keys or values of the block as elements of type To, from spans of type From.
template <class From, class To, const void* KeyValueSpan::*member>
Rows rows_of(const AttentionShape& shape, const AttentionSequence& sequence, int kv_head, int first, int count,
             To* memory) {
  const KeyValueSpan* span = sequence.spans;
  int row = first;
  for (; row >= span->rows; ++span) row -= span->rows;
  const int64_t head = static_cast<int64_t>(kv_head) * shape.head_width;
  const auto from = [&] { return static_cast<const From*>(span->*member) + row * span->stride + head; };
  if constexpr (sizeof(From) == sizeof(To))
    if (row + count <= span->rows && shape.head_width % kLanes == 0) return {from(), span->stride};
  for (int done = 0; done < count;) {
    for (; row >= span->rows; ++span) row -= span->rows;
    const int rows = min(count - done, span->rows - row);
    copy_rows(from(), span->stride, rows, shape.head_width, memory + done * padded(shape.head_width));
    done += rows;
    row += rows;
  }
  return {memory, padded(shape.head_width)};
}

template <class From, class To>
KeyBlock block_of(const AttentionShape& shape, const AttentionSequence& sequence, int kv_head, int first, int count,
                  float* memory) {
  To *k = reinterpret_cast<To*>(memory), *v = reinterpret_cast<To*>(memory + kKeyBlock * padded(shape.head_width));
  return {rows_of<From, To, &KeyValueSpan::k>(shape, sequence, kv_head, first, count, k),
          rows_of<From, To, &KeyValueSpan::v>(shape, sequence, kv_head, first, count, v), first, count};
}

}  // namespace

KeyBlock key_block(const AttentionShape& shape, Form form, const AttentionSequence& sequence, int kv_head, int first,
                   int count, float* memory) {
  if (shape.cache == Dtype::f32) return block_of<float, float>(shape, sequence, kv_head, first, count, memory);
  if (form == Form::f32) return block_of<uint16_t, float>(shape, sequence, kv_head, first, count, memory);
  return block_of<uint16_t, uint16_t>(shape, sequence, kv_head, first, count, memory);
}

QueryPanel query_panel(const AttentionShape& shape, const Tile& tile, int first, const int64_t* row_keys) {
  QueryPanel panel = {};
  panel.columns = min(kPanel, tile.columns(shape) - first);
  for (int c = 0; c < panel.columns; ++c) {
    const int head = tile.kv_head * (shape.heads / shape.kv_heads) + (first + c) / tile.queries;
    const int query = tile.first_query + (first + c) % tile.queries;
    const int64_t row = tile.sequence->first + query;
    const KeyRange keys = visible_keys(shape, *tile.sequence, query);
    panel.at[c] = (row * shape.heads + head) * shape.head_width;
    panel.statistic[c] = row * shape.heads + head;
    panel.bias[c] = head * tile.sequence->bias.head_stride + query * tile.sequence->bias.query_stride;
    panel.begin[c] = keys.begin;
    panel.end[c] = keys.end;
    const int64_t row_key = row_keys ? row_keys[row] : 0;
    panel.drawn[c] = static_cast<uint64_t>(row_key * shape.heads + head) << (kKeyBits - 2);
  }
  return panel;
}

void drop(const AttentionShape& shape, const QueryPanel& panel, const KeyBlock& block, float* scores) {
  const Dropping drop(shape.dropout.rate);
  for (int column = 0; column < panel.columns; column += kLanes)
    for (int j = 0; j < block.count; j += 4) {
      uint64_t blocks[kLanes];
      for (int i = 0; i < kLanes; ++i)
        blocks[i] = panel.drawn[column + i] + static_cast<uint64_t>((block.first + j) / 4);
      uint32_t drawn[4][kLanes];
      philox(shape.dropout.key, blocks, drawn);
      for (int word = 0; word < min(4, block.count - j); ++word) {
        float* at = scores + (j + word) * kPanel + column;
        store(at, drop(drawn[word], load(at)));
      }
    }
}

Columns columns_of(const QueryPanel& panel, int head_width, const float* y, const float* lse, const float* dy) {
  Columns columns = {};
  for (int c = 0; c < panel.columns; ++c) {
    columns.lse[c] = lse[panel.statistic[c]];
    columns.mean[c] = dot(y + panel.at[c], dy + panel.at[c], head_width);
  }
  return columns;
}

void gather_rows(const QueryPanel& panel, const float* x, int head_width, float* rows) {
  const int64_t stride = padded(head_width);
  for (int c = 0; c < panel.columns; ++c) copy_rows(x + panel.at[c], 0, 1, head_width, rows + c * stride);
}

const float* block_bias(const AttentionBias& bias, const QueryPanel& panel, const KeyBlock& block, float* memory) {
  if (!bias.data) return nullptr;
  const auto biases = [&](int c, int key) {
    return block_of(Form::f32, bias.data + panel.bias[c] + block.first + key, block.count - key);
  };
  pack_rows(biases, panel.columns, kPanel, block.count, reinterpret_cast<uint32_t*>(memory));
  return memory;
}

LeftRows rows_as_left(Form form, const Rows& rows, int count, int width, uint32_t* memory) {
  if (rows.halves) return {reinterpret_cast<const uint32_t*>(rows.halves), rows.stride / 2, 1};
  if (form == Form::f32) return {reinterpret_cast<const uint32_t*>(rows.floats), rows.stride, 1};
  for (int r = 0; r < count; ++r) pack_row(form, rows.floats + r * rows.stride, width, memory + r * row_words(width));
  return {memory, row_words(width), 1};
}

LeftRows columns_as_left(Form form, const float* matrix, int columns, int rows, uint32_t* memory) {
  if (form == Form::f32) return {reinterpret_cast<const uint32_t*>(matrix), 1, kPanel};
#if defined(__AMX_BF16__)
  pack_columns_as_rows(matrix, kPanel, columns, rows, memory, row_words(rows));
  return {memory, row_words(rows), 1};
#else
  pack_columns(form, matrix, kPanel, columns, kPanel, rows, memory);
  return {memory, 1, kPanel};
#endif
}

void pack_width(Form form, const Rows& rows, int count, int width, uint32_t* panel) {
  pack_floats(form, rows.floats, rows.stride, count, kPanel, width, panel);
}

void pack_depth(Form form, const Rows& rows, int count, int width, uint32_t* panels) {
  for (int col = 0; col < width; col += kPanel) {
    uint32_t* panel = panels + col * row_words(count);
    const int cols = min(kPanel, width - col);
    if (rows.halves)
      pack_columns(form, rows.halves + col, rows.stride, cols, kPanel, count, panel);
    else
      pack_columns(form, rows.floats + col, rows.stride, cols, kPanel, count, panel);
  }
}

void multiply(const ProductTable& product, const LeftRows& left, int rows, const uint32_t* panels, int cols, int depth,
              float* c, int64_t c_stride, bool adds) {
  const int height = even_height(rows, kTileRows), steps = static_cast<int>(ceil_div(depth, product.elements));
  for (int col = 0; col < cols; col += kPanel)
    for (int row = 0; row < rows; row += height)
      product.multiply(min(height, rows - row), {left.words + row * left.row, left.row, left.step},
                       {reinterpret_cast<const char*>(panels + col * row_words(depth)), product.right_bytes}, steps,
                       {c + row * c_stride + col, c_stride, min(kPanel, cols - col), nullptr, 1, adds});
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
