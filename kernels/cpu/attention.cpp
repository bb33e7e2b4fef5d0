// SPDX-License-Identifier: Apache-2.0
//
// Attention by blocks of keys with online softmax (Dao et al. 2022). A task is a tile of queries for all heads that
// share a key head; later tiles, which see more keys, come first. The floor are two products of 2 · head_width
// operations a pair of query and key, on the tiles of `tile.hpp`, beside one exponential.
#include "cpu/attention.hpp"

#include <math.h>

#include "cpu/destination.hpp"
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
  uint32_t *queries, *k_words, *v_panels, *score_words;
  float *outputs, *rows, *keys, *scores, *biases;

  static int64_t panels(const AttentionShape& shape) {
    return ceil_div(int64_t{kAttentionTile} * (shape.heads / shape.kv_heads), kPanel);
  }
  static int64_t panel_words(const AttentionShape& shape) { return kPanel * row_words(shape.head_width); }
  static int64_t bytes(const AttentionShape& shape) {
    const int64_t width = padded(shape.head_width), words = row_words(shape.head_width), all = panels(shape);
    return scratch_bytes<State>(all) +
           scratch_bytes<float>((all * kPanel + kPanel + 2 * kKeyBlock) * width + 2 * kKeyBlock * kPanel) +
           scratch_bytes<uint32_t>(all * kPanel * words + kKeyBlock * words +
                                   round_up(shape.head_width, kPanel) * row_words(kKeyBlock) + kKeyBlock * kPanel);
  }
  Memory(const AttentionShape& shape, char* memory) {
    const int64_t width = padded(shape.head_width), all = panels(shape);
    Scratch scratch = {memory};
    states = scratch.take<State>(all);
    queries = scratch.take<uint32_t>(all * panel_words(shape));
    outputs = scratch.take<float>(all * kPanel * width);
    rows = scratch.take<float>(kPanel * width);
    keys = scratch.take<float>(2 * kKeyBlock * width);
    k_words = scratch.take<uint32_t>(kKeyBlock * row_words(shape.head_width));
    v_panels = scratch.take<uint32_t>(round_up(shape.head_width, kPanel) * row_words(kKeyBlock));
    scores = scratch.take<float>(kKeyBlock * kPanel);
    biases = scratch.take<float>(kKeyBlock * kPanel);
    score_words = scratch.take<uint32_t>(kKeyBlock * kPanel);
  }
};

// What both products read of a block of keys.
struct Operands {
  const ProductTable& product;
  LeftRows k;
  const uint32_t* v_panels;
};

// `exponentials` for vectors of columns side by side, so that their maxima and sums do not wait for each other.
template <int vectors, bool is_biased>
void exponentials_of(const AttentionShape& shape, State& state, const KeyBlock& block, bool sees_all, int column,
                     const float* biases, float* scores, float* shrink) {
  const Vec lowest = splat(-__builtin_inff());
  Vec top[vectors], base[vectors], total[vectors] = {};
  for (int v = 0; v < vectors; ++v) top[v] = load(state.maximum + column + v * kLanes);
  for (int j = 0; j < block.count; ++j)
    for (int v = 0; v < vectors; ++v) {
      const int64_t element = j * kPanel + column + v * kLanes;
      float* at = scores + element;
      Vec s = score(shape, load(at));
      if constexpr (is_biased) s += load(biases + element);
      if (!sees_all) s = select(sees(state.panel, column + v * kLanes, block.first + j), s, lowest);
      store(at, s);
      top[v] = vmax(top[v], s);
    }
  for (int v = 0; v < vectors; ++v) base[v] = select(top[v] > lowest, top[v], Vec{});
  for (int j = 0; j < block.count; ++j)
    for (int v = 0; v < vectors; ++v) {
      float* at = scores + j * kPanel + column + v * kLanes;
      const Vec e = exp(load(at) - base[v]);
      store(at, e);
      total[v] += e;
    }
  for (int v = 0; v < vectors; ++v) {
    const int at = column + v * kLanes;
    const Vec factor = exp(load(state.maximum + at) - base[v]);
    store(state.maximum + at, top[v]);
    store(state.total + at, load(state.total + at) * factor + total[v]);
    store(shrink + at, factor);
  }
}

// Products become exponentials, relative to the columns' maxima; `shrink` is what becomes of what was gathered before.
void exponentials(const AttentionShape& shape, State& state, const KeyBlock& block, bool sees_all, const float* biases,
                  float* scores, float* shrink) {
  const auto two = biases ? exponentials_of<2, true> : exponentials_of<2, false>;
  const auto one = biases ? exponentials_of<1, true> : exponentials_of<1, false>;
  int column = 0;
  for (; column + kLanes < state.panel.columns; column += 2 * kLanes)
    two(shape, state, block, sees_all, column, biases, scores, shrink);
  if (column < state.panel.columns) one(shape, state, block, sees_all, column, biases, scores, shrink);
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

void begin_panel(const AttentionShape& shape, const QueryPanel& panel, const float* q, const Memory& memory,
                 State& state, uint32_t* query, float* output) {
  state.panel = panel;
  for (int c = 0; c < kPanel; ++c) {
    state.maximum[c] = -__builtin_inff();
    state.total[c] = 0;
  }
  gather_rows(state.panel, q, shape.head_width, memory.rows);
  pack_width(product_of(shape).form, {memory.rows, padded(shape.head_width)}, state.panel.columns, shape.head_width,
             query);
  memset(output, 0, static_cast<size_t>(kPanel * padded(shape.head_width)) * sizeof(float));
}

void add_block(const AttentionShape& shape, const Tile& tile, const KeyBlock& block, const Operands& operands,
               const Memory& memory, State& state, const uint32_t* query, float* output) {
  const int width = shape.head_width, columns = state.panel.columns;
  const int64_t stride = padded(width);
  float shrink[kPanel];
  multiply(operands.product, operands.k, block.count, query, static_cast<int>(round_up(columns, kLanes)), width,
           memory.scores, kPanel, false);
  const float* biases = block_bias(tile.sequence->bias, state.panel, block, memory.biases);
  exponentials(shape, state, block, tile.sees_all(shape, block), biases, memory.scores, shrink);
  shrink_rows(output, columns, stride, shrink);
  if (shape.dropout.rate > 0) drop(shape, state.panel, block, memory.scores);
  const LeftRows p = columns_as_left(operands.product.form, memory.scores, columns, block.count, memory.score_words);
  multiply(operands.product, p, columns, operands.v_panels, width, block.count, output, stride, true);
}

void finish_panel(const AttentionShape& shape, const State& state, const float* output, Destination y, float* lse) {
  for (int c = 0; c < state.panel.columns; ++c) {
    const float total = state.total[c], scale = total > 0 ? 1 / total : 0;
    const float* row = output + c * padded(shape.head_width);
    const int64_t at = state.panel.at[c];
    for_vectors(shape.head_width, [&](int64_t i, int lanes) { store(y, at + i, load(row + i) * scale, lanes); });
    if (lse) lse[state.panel.statistic[c]] = state.maximum[c] + logf(total);
  }
}

void attend(const AttentionShape& shape, const Tile& tile, const int64_t* row_keys, const float* q, Destination y,
            float* lse, const Memory& memory) {
  const int panels = static_cast<int>(ceil_div(tile.columns(shape), kPanel)), width = shape.head_width;
  const ProductTable& product = product_of(shape);
  const int64_t query_words = Memory::panel_words(shape), output_size = kPanel * padded(width);
  for (int p = 0; p < panels; ++p)
    begin_panel(shape, query_panel(shape, tile, p * kPanel, row_keys), q, memory, memory.states[p],
                memory.queries + p * query_words, memory.outputs + p * output_size);
  const int end = tile.last_range(shape).end;
  for (int first = tile.first_range(shape).begin / kKeyBlock * kKeyBlock; first < end; first += kKeyBlock) {
    const KeyBlock block =
        key_block(shape, product.form, *tile.sequence, tile.kv_head, first, min(kKeyBlock, end - first), memory.keys);
    const Operands operands = {product, rows_as_left(product.form, block.k, block.count, width, memory.k_words),
                               memory.v_panels};
    pack_depth(product.form, block.v, block.count, width, memory.v_panels);
    for (int p = 0; p < panels; ++p)
      add_block(shape, tile, block, operands, memory, memory.states[p], memory.queries + p * query_words,
                memory.outputs + p * output_size);
  }
  for (int p = 0; p < panels; ++p) finish_panel(shape, memory.states[p], memory.outputs + p * output_size, y, lse);
}

}  // namespace

void attention(const Stream& stream, const AttentionShape& shape, const float* q, const AttentionBatch& batch,
               Destination y, float* lse) {
  const Workspace memory(stream, Memory::bytes(shape));
  parallel_for(stream, static_cast<int64_t>(batch.tile_count) * shape.kv_heads, [&](int64_t task, int worker) {
    const AttentionTile& of = batch.tiles[batch.tile_count - 1 - task / shape.kv_heads];
    const AttentionSequence& sequence = batch.sequences[of.sequence];
    const Tile tile = {&sequence, of.first_query, min(kAttentionTile, sequence.queries - of.first_query),
                       static_cast<int>(task % shape.kv_heads)};
    attend(shape, tile, batch.row_keys, q, y, lse, Memory(shape, memory.of_worker(worker)));
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
