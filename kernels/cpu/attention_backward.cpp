// SPDX-License-Identifier: Apache-2.0
//
// The gradient of attention, from probabilities recomputed out of the log-sum-exp (Dao et al. 2022). A task owns one
// key head of one sequence, so that each sum has one order.
#include "cpu/attention.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The memory of one worker: a panel's queries and gradients as rows and as panels, a block's keys, and two blocks of
// scores.
struct Memory {
  float *q_rows, *dy_rows, *q_panel, *dy_panel, *dq_rows, *keys, *p, *ds;

  static int64_t floats(const AttentionShape& shape) {
    return (5 * kPanel + 2 * kKeyBlock) * padded(shape.head_width) + 2 * kKeyBlock * kPanel;
  }
  Memory(const AttentionShape& shape, float* memory) {
    const int64_t panel = kPanel * padded(shape.head_width);
    float** const parts[] = {&q_rows, &dy_rows, &q_panel, &dy_panel, &dq_rows};
    for (float** part : parts) {
      *part = memory;
      memory += panel;
    }
    keys = memory;
    p = keys + 2 * kKeyBlock * padded(shape.head_width);
    ds = p + kKeyBlock * kPanel;
  }
};

struct Columns {
  float lse[kPanel], mean[kPanel];  // mean: Σ y · dy, the mean slope under the probabilities
};

// In place: products q · k become probabilities, products dy · v the slopes of the products q · k.
void slopes(const AttentionShape& shape, const QueryPanel& panel, const Columns& columns, const KeyBlock& block,
            bool sees_all, float* p, float* ds) {
  for (int column = 0; column < panel.columns; column += kLanes) {
    const Vec lse = load(columns.lse + column), mean = load(columns.mean + column);
    for (int j = 0; j < block.count; ++j) {
      const int at = j * kPanel + column;
      const Vec s = score(shape, load(p + at));
      Vec probability = exp(s - lse);
      if (!sees_all) probability = select(sees(panel, column, block.first + j), probability, Vec{});
      Vec slope = probability * (load(ds + at) - mean) * shape.scale;
      if (shape.soft_cap > 0) slope *= 1.0f - (s / shape.soft_cap) * (s / shape.soft_cap);
      store(p + at, probability);
      store(ds + at, slope);
    }
  }
}

struct Arguments {
  const AttentionShape& shape;
  const float *q, *y, *lse, *dy;
  float *dq, *dk, *dv;
};

Columns statistics(const Arguments& a, const QueryPanel& panel) {
  Columns columns = {};
  for (int c = 0; c < panel.columns; ++c) {
    columns.lse[c] = a.lse[panel.statistic[c]];
    columns.mean[c] = dot(a.y + panel.at[c], a.dy + panel.at[c], a.shape.head_width);
  }
  return columns;
}

// Adds what one panel and one block give. `row` is the row of dk and dv of the sequence's first key.
void add_block(const Arguments& a, const Tile& tile, const QueryPanel& panel, const Columns& columns,
               const KeyBlock& block, int64_t row, const Memory& memory) {
  const int width = a.shape.head_width, vectors = static_cast<int>(round_up(panel.columns, kLanes));
  const int64_t stride = padded(width), kv_stride = static_cast<int64_t>(a.shape.kv_heads) * width;
  multiply_strided({block.k.data, block.k.stride, false}, {memory.q_panel, kPanel}, {memory.p, kPanel}, block.count,
                   vectors, width, false);
  multiply_strided({block.v.data, block.v.stride, false}, {memory.dy_panel, kPanel}, {memory.ds, kPanel}, block.count,
                   vectors, width, false);
  slopes(a.shape, panel, columns, block, tile.sees_all(a.shape, block), memory.p, memory.ds);
  const int64_t at = (row + block.first) * kv_stride + tile.kv_head * width;
  multiply_strided({memory.p, kPanel, false}, {memory.dy_rows, stride}, {a.dv + at, kv_stride}, block.count, width,
                   panel.columns, true);
  multiply_strided({memory.ds, kPanel, false}, {memory.q_rows, stride}, {a.dk + at, kv_stride}, block.count, width,
                   panel.columns, true);
  multiply_strided({memory.ds, kPanel, true}, block.k, {memory.dq_rows, stride}, panel.columns,
                   static_cast<int>(stride), block.count, true);
}

void add_panel(const Arguments& a, const Tile& tile, int first_column, int64_t row, const Memory& memory) {
  const int width = a.shape.head_width;
  const int64_t stride = padded(width);
  const QueryPanel panel = query_panel(a.shape, tile, first_column);
  const Columns columns = statistics(a, panel);
  gather_rows(panel, a.q, width, memory.q_rows);
  gather_rows(panel, a.dy, width, memory.dy_rows);
  pack_panel(panel, memory.q_rows, width, memory.q_panel);
  pack_panel(panel, memory.dy_rows, width, memory.dy_panel);
  memset(memory.dq_rows, 0, static_cast<size_t>(kPanel * stride) * sizeof(float));
  const int end = tile.last_range(a.shape).end;
  for (int first = tile.first_range(a.shape).begin / kKeyBlock * kKeyBlock; first < end; first += kKeyBlock) {
    const KeyBlock block =
        key_block(a.shape, *tile.sequence, tile.kv_head, first, min(kKeyBlock, end - first), memory.keys);
    add_block(a, tile, panel, columns, block, row, memory);
  }
  for (int c = 0; c < panel.columns; ++c)
    for_vectors(width, [&](int64_t i, int lanes) {
      float* out = a.dq + panel.at[c] + i;
      store(out, load(out, lanes) + load(memory.dq_rows + c * stride + i), lanes);
    });
}

}  // namespace

void attention_backward(const Stream& stream, const AttentionShape& shape, const float* q, const AttentionBatch& batch,
                        const float* y, const float* lse, const float* dy, float* dq, float* dk, float* dv) {
  const Arguments arguments = {shape, q, y, lse, dy, dq, dk, dv};
  const int64_t bytes = scratch_bytes<float>(Memory::floats(shape));
  char* memory = static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(bytes * stream.workers)));
  parallel_for(stream, static_cast<int64_t>(batch.sequence_count) * shape.kv_heads, [&](int64_t task, int worker) {
    const int64_t index = task / shape.kv_heads;
    const AttentionSequence& sequence = batch.sequences[index];
    int64_t row = 0;
    for (int64_t i = 0; i < index; ++i) row += batch.sequences[i].keys;
    const Memory mine(shape, reinterpret_cast<float*>(memory + worker * bytes));
    for (int first = 0; first < sequence.queries; first += kAttentionTile) {
      const Tile tile = {&sequence, first, min(kAttentionTile, sequence.queries - first),
                         static_cast<int>(task % shape.kv_heads)};
      for (int column = 0; column < tile.columns(shape); column += kPanel)
        add_panel(arguments, tile, column, row, mine);
    }
  });
}

}  // namespace graft::v0::cpu::GRAFT_ISA
