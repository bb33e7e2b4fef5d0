// SPDX-License-Identifier: Apache-2.0
//
// Attention by blocks of keys with online softmax (Dao et al. 2022). A task is a tile of queries for all heads that
// share a key head; later tiles, which see more keys, come first.
#include "cpu/attention.hpp"

#include <math.h>

#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// A panel of queries and what its columns have gathered so far.
struct State {
  QueryPanel panel;
  float maximum[kPanel], total[kPanel];
};

// The memory of one worker.
struct Memory {
  State* states;
  float *queries, *outputs, *rows, *keys, *scores;

  static int64_t bytes(const AttentionShape& shape) {
    const int64_t panels = shape.heads / shape.kv_heads, width = padded(shape.head_width);
    return scratch_bytes<State>(panels) + scratch_bytes<float>(2 * panels * kPanel * width) +
           scratch_bytes<float>((kPanel + 2 * kKeyBlock) * width + kKeyBlock * kPanel);
  }
  Memory(const AttentionShape& shape, char* memory) {
    const int64_t panels = shape.heads / shape.kv_heads, width = padded(shape.head_width);
    Scratch scratch = {memory};
    states = scratch.take<State>(panels);
    queries = scratch.take<float>(2 * panels * kPanel * width);
    outputs = queries + panels * kPanel * width;
    rows = scratch.take<float>((kPanel + 2 * kKeyBlock) * width + kKeyBlock * kPanel);
    keys = rows + kPanel * width;
    scores = keys + 2 * kKeyBlock * width;
  }
};

// Products become exponentials, relative to the columns' maxima; `shrink` is what becomes of what was gathered before.
void exponentials(const AttentionShape& shape, State& state, const KeyBlock& block, bool sees_all, float* scores,
                  float* shrink) {
  const Vec lowest = splat(-__builtin_inff());
  for (int column = 0; column < state.panel.columns; column += kLanes) {
    const Vec before = load(state.maximum + column);
    Vec top = before, total = {};
    for (int j = 0; j < block.count; ++j) {
      float* at = scores + j * kPanel + column;
      Vec s = score(shape, load(at));
      if (!sees_all) s = select(sees(state.panel, column, block.first + j), s, lowest);
      store(at, s);
      top = vmax(top, s);
    }
    const Vec base = select(top > lowest, top, Vec{});
    for (int j = 0; j < block.count; ++j) {
      float* at = scores + j * kPanel + column;
      const Vec e = exp(load(at) - base);
      store(at, e);
      total += e;
    }
    const Vec factor = exp(before - base);
    store(state.maximum + column, top);
    store(state.total + column, load(state.total + column) * factor + total);
    store(shrink + column, factor);
  }
}

void shrink_rows(float* rows, int columns, int64_t width, const float* shrink) {
  for (int c = 0; c < columns; ++c) {
    if (shrink[c] == 1) continue;
    for (int64_t i = 0; i < width; i += kLanes) {
      float* at = rows + c * width + i;
      store(at, load(at) * shrink[c]);
    }
  }
}

void begin_panel(const AttentionShape& shape, const Tile& tile, int first, const float* q, const Memory& memory,
                 State& state, float* query, float* output) {
  state.panel = query_panel(shape, tile, first);
  for (int c = 0; c < kPanel; ++c) {
    state.maximum[c] = -__builtin_inff();
    state.total[c] = 0;
  }
  gather_rows(state.panel, q, shape.head_width, memory.rows);
  pack_panel(state.panel, memory.rows, shape.head_width, query);
  memset(output, 0, static_cast<size_t>(kPanel * padded(shape.head_width)) * sizeof(float));
}

void add_block(const AttentionShape& shape, const Tile& tile, const KeyBlock& block, const Memory& memory, State& state,
               const float* query, float* output) {
  const int width = shape.head_width, columns = state.panel.columns;
  const int64_t stride = padded(width);
  float shrink[kPanel];
  multiply_strided({block.k.data, block.k.stride, false}, {query, kPanel}, {memory.scores, kPanel}, block.count,
                   static_cast<int>(round_up(columns, kLanes)), width, false);
  exponentials(shape, state, block, tile.sees_all(shape, block), memory.scores, shrink);
  shrink_rows(output, columns, stride, shrink);
  multiply_strided({memory.scores, kPanel, true}, block.v, {output, stride}, columns, static_cast<int>(stride),
                   block.count, true);
}

void finish_panel(const AttentionShape& shape, const State& state, const float* output, float* y, float* lse) {
  for (int c = 0; c < state.panel.columns; ++c) {
    const float total = state.total[c], scale = total > 0 ? 1 / total : 0;
    const float* row = output + c * padded(shape.head_width);
    float* out = y + state.panel.at[c];
    for_vectors(shape.head_width, [&](int64_t i, int lanes) { store(out + i, load(row + i) * scale, lanes); });
    if (lse) lse[state.panel.statistic[c]] = state.maximum[c] + logf(total);
  }
}

void attend(const AttentionShape& shape, const Tile& tile, const float* q, float* y, float* lse, const Memory& memory) {
  const int panels = static_cast<int>(ceil_div(tile.columns(shape), kPanel));
  const int64_t size = kPanel * padded(shape.head_width);
  for (int p = 0; p < panels; ++p)
    begin_panel(shape, tile, p * kPanel, q, memory, memory.states[p], memory.queries + p * size,
                memory.outputs + p * size);
  const int end = tile.last_range(shape).end;
  for (int first = tile.first_range(shape).begin / kKeyBlock * kKeyBlock; first < end; first += kKeyBlock) {
    const KeyBlock block =
        key_block(shape, *tile.sequence, tile.kv_head, first, min(kKeyBlock, end - first), memory.keys);
    for (int p = 0; p < panels; ++p)
      add_block(shape, tile, block, memory, memory.states[p], memory.queries + p * size, memory.outputs + p * size);
  }
  for (int p = 0; p < panels; ++p) finish_panel(shape, memory.states[p], memory.outputs + p * size, y, lse);
}

}  // namespace

void attention(const Stream& stream, const AttentionShape& shape, const float* q, const AttentionBatch& batch, float* y,
               float* lse) {
  const int64_t bytes = Memory::bytes(shape);
  char* memory = static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(bytes * stream.workers)));
  parallel_for(stream, static_cast<int64_t>(batch.tile_count) * shape.kv_heads, [&](int64_t task, int worker) {
    const AttentionTile& of = batch.tiles[batch.tile_count - 1 - task / shape.kv_heads];
    const AttentionSequence& sequence = batch.sequences[of.sequence];
    const Tile tile = {&sequence, of.first_query, min(kAttentionTile, sequence.queries - of.first_query),
                       static_cast<int>(task % shape.kv_heads)};
    attend(shape, tile, q, y, lse, Memory(shape, memory + worker * bytes));
  });
}

}  // namespace graft::v0::cpu::GRAFT_ISA
