// SPDX-License-Identifier: Apache-2.0
#include "cpu/attention.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// `count` rows, `stride` elements apart, as rows of padded width.
void copy_rows(Dtype dtype, const void* data, int64_t element, int64_t stride, int count, int width, float* out) {
  const float* floats = static_cast<const float*>(data) + element;
  const uint16_t* halves = static_cast<const uint16_t*>(data) + element;
  for (int row = 0; row < count; ++row, out += padded(width), floats += stride, halves += stride)
    if (dtype == Dtype::f32)
      for_vectors(width, [&](int64_t i, int lanes) { store(out + i, load(floats + i, lanes)); });
    else
      for_vectors(width, [&](int64_t i, int lanes) { store(out + i, from_bf16(load(halves + i, lanes))); });
}

}  // namespace

KeyBlock key_block(const AttentionShape& shape, const AttentionSequence& sequence, int kv_head, int first, int count,
                   float* memory) {
  const KeyValueSpan* span = sequence.spans;
  int row = first;
  for (; row >= span->rows; ++span) row -= span->rows;
  const int64_t head = static_cast<int64_t>(kv_head) * shape.head_width;
  const bool lies_together = row + count <= span->rows;
  if (shape.cache == Dtype::f32 && lies_together && shape.head_width % kLanes == 0) {
    const int64_t at = row * span->stride + head;
    return {{static_cast<const float*>(span->k) + at, span->stride},
            {static_cast<const float*>(span->v) + at, span->stride},
            first,
            count};
  }
  const int64_t stride = padded(shape.head_width);
  float *k = memory, *v = memory + kKeyBlock * stride;
  for (int done = 0; done < count;) {
    for (; row >= span->rows; ++span) row -= span->rows;
    const int rows = min(count - done, span->rows - row);
    const int64_t at = row * span->stride + head;
    copy_rows(shape.cache, span->k, at, span->stride, rows, shape.head_width, k + done * stride);
    copy_rows(shape.cache, span->v, at, span->stride, rows, shape.head_width, v + done * stride);
    done += rows;
    row += rows;
  }
  return {{k, stride}, {v, stride}, first, count};
}

QueryPanel query_panel(const AttentionShape& shape, const Tile& tile, int first) {
  QueryPanel panel = {};
  panel.columns = min(kPanel, tile.columns(shape) - first);
  for (int c = 0; c < panel.columns; ++c) {
    const int head = tile.kv_head * (shape.heads / shape.kv_heads) + (first + c) / tile.queries;
    const int query = tile.first_query + (first + c) % tile.queries;
    const int64_t row = tile.sequence->first + query;
    const KeyRange keys = visible_keys(shape, *tile.sequence, query);
    panel.at[c] = (row * shape.heads + head) * shape.head_width;
    panel.statistic[c] = row * shape.heads + head;
    panel.begin[c] = keys.begin;
    panel.end[c] = keys.end;
  }
  return panel;
}

void gather_rows(const QueryPanel& panel, const float* x, int head_width, float* rows) {
  const int64_t stride = padded(head_width);
  for (int c = 0; c < panel.columns; ++c) copy_rows(Dtype::f32, x, panel.at[c], 0, 1, head_width, rows + c * stride);
}

LeftRows rows_as_left(Form form, const Rows& rows, int count, int width, uint32_t* memory) {
  if (form == Form::f32) return {reinterpret_cast<const uint32_t*>(rows.data), rows.stride, 1};
  for (int r = 0; r < count; ++r) pack_row(form, rows.data + r * rows.stride, width, memory + r * row_words(width));
  return {memory, row_words(width), 1};
}

LeftRows columns_as_left(Form form, const float* matrix, int rows, uint32_t* memory) {
  if (form == Form::f32) return {reinterpret_cast<const uint32_t*>(matrix), 1, kPanel};
  pack_columns(form, matrix, kPanel, kPanel, kPanel, rows, memory);
  return {memory, 1, kPanel};
}

void pack_width(Form form, const Rows& rows, int count, int width, uint32_t* panel) {
  pack_floats(form, rows.data, rows.stride, count, kPanel, width, panel);
}

void pack_depth(Form form, const Rows& rows, int count, int width, uint32_t* panels) {
  for (int col = 0; col < width; col += kPanel)
    pack_columns(form, rows.data + col, rows.stride, min(kPanel, width - col), kPanel, count,
                 panels + col * row_words(count));
}

void multiply(const ProductTable& product, const LeftRows& left, int rows, const uint32_t* panels, int cols, int depth,
              float* c, int64_t c_stride, bool adds) {
  const int height = Left::tile_height(rows), steps = static_cast<int>(ceil_div(depth, product.elements));
  for (int col = 0; col < cols; col += kPanel)
    for (int row = 0; row < rows; row += height)
      product.tiles[min(height, rows - row) - 1](
          {left.words + row * left.row, left.row, left.step},
          reinterpret_cast<const char*>(panels + col * row_words(depth)), steps,
          {c + row * c_stride + col, c_stride, min(kPanel, cols - col), nullptr, 1, adds});
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
