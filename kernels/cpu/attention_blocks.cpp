// SPDX-License-Identifier: Apache-2.0
#include "cpu/attention.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

void copy_row(Dtype dtype, const void* data, int64_t element, int width, float* out) {
  if (dtype == Dtype::f32) {
    const float* x = static_cast<const float*>(data) + element;
    for_vectors(width, [&](int64_t i, int lanes) { store(out + i, load(x + i, lanes)); });
  } else {
    const uint16_t* x = static_cast<const uint16_t*>(data) + element;
    for_vectors(width, [&](int64_t i, int lanes) { store(out + i, from_bf16(load(x + i, lanes))); });
  }
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
  for (int i = 0; i < count; ++i, ++row) {
    for (; row >= span->rows; ++span) row -= span->rows;
    copy_row(shape.cache, span->k, row * span->stride + head, shape.head_width, k + i * stride);
    copy_row(shape.cache, span->v, row * span->stride + head, shape.head_width, v + i * stride);
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
  for (int c = 0; c < panel.columns; ++c) copy_row(Dtype::f32, x, panel.at[c], head_width, rows + c * stride);
}

void pack_panel(const QueryPanel& panel, const float* rows, int head_width, float* out) {
  pack_floats(Form::f32, rows, padded(head_width), panel.columns, kPanel, head_width, reinterpret_cast<uint32_t*>(out));
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
