// SPDX-License-Identifier: Apache-2.0
//
// The gradient of attention, from probabilities recomputed out of the log-sum-exp (Dao et al. 2022). A task owns one
// key head of one sequence, so that each sum has one order.
#include "cpu/attention.hpp"
#include "cpu/destination.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The memory of one worker: a panel's queries and gradients as rows and as panels of both kinds, a block's keys and
// values, and two blocks of scores.
struct Memory {
  float *q_rows, *dy_rows, *dq_rows, *keys, *p, *ds, *biases;
  uint32_t *q_by_width, *dy_by_width, *q_by_depth, *dy_by_depth;  // panels
  uint32_t *k_words, *v_words, *k_panels, *p_words, *ds_words, *ds_columns;

  static int64_t bytes(const AttentionShape& shape) {
    const int64_t width = padded(shape.head_width), words = row_words(shape.head_width);
    const int64_t wide = round_up(shape.head_width, kPanel);
    return scratch_bytes<float>((3 * kPanel + 2 * kKeyBlock) * width + 3 * kKeyBlock * kPanel) +
           scratch_bytes<uint32_t>(2 * (kPanel + kKeyBlock) * words +
                                   wide * (2 * row_words(kPanel) + row_words(kKeyBlock)) + 3 * kKeyBlock * kPanel);
  }
  Memory(const AttentionShape& shape, char* memory) {
    const int64_t width = padded(shape.head_width), words = row_words(shape.head_width);
    const int64_t wide = round_up(shape.head_width, kPanel);
    Scratch scratch = {memory};
    q_rows = scratch.take<float>(kPanel * width);
    dy_rows = scratch.take<float>(kPanel * width);
    dq_rows = scratch.take<float>(kPanel * width);
    keys = scratch.take<float>(2 * kKeyBlock * width);
    p = scratch.take<float>(kKeyBlock * kPanel);
    ds = scratch.take<float>(kKeyBlock * kPanel);
    biases = scratch.take<float>(kKeyBlock * kPanel);
    q_by_width = scratch.take<uint32_t>(kPanel * words);
    dy_by_width = scratch.take<uint32_t>(kPanel * words);
    q_by_depth = scratch.take<uint32_t>(wide * row_words(kPanel));
    dy_by_depth = scratch.take<uint32_t>(wide * row_words(kPanel));
    k_words = scratch.take<uint32_t>(kKeyBlock * words);
    v_words = scratch.take<uint32_t>(kKeyBlock * words);
    k_panels = scratch.take<uint32_t>(wide * row_words(kKeyBlock));
    p_words = scratch.take<uint32_t>(kKeyBlock * kPanel);
    ds_words = scratch.take<uint32_t>(kKeyBlock * kPanel);
    ds_columns = scratch.take<uint32_t>(kKeyBlock * kPanel);
  }
};

// In place: products q · k become probabilities, products dy · v the slopes of the products q · k.
template <bool is_biased>
void slopes(const AttentionShape& shape, const QueryPanel& panel, const Columns& columns, const KeyBlock& block,
            bool sees_all, const float* biases, float* p, float* ds) {
  for (int column = 0; column < panel.columns; column += kLanes) {
    const Vec lse = load(columns.lse + column), mean = load(columns.mean + column);
    for (int j = 0; j < block.count; ++j) {
      const int at = j * kPanel + column;
      const Vec s = score(shape, load(p + at));
      const Vec biased = is_biased ? s + load(biases + at) : s;
      const Vec probability = probabilities(panel, column, block.first + j, sees_all, biased, lse);
      Vec slope = probability * (load(ds + at) - mean) * shape.scale;
      if (shape.soft_cap > 0) slope *= 1.0f - (s / shape.soft_cap) * (s / shape.soft_cap);
      store(p + at, probability);
      store(ds + at, slope);
    }
  }
}

struct Arguments {
  const AttentionShape& shape;
  const int64_t* row_keys;
  const float *q, *y, *lse, *dy;
  GradientSum dq, dk, dv;
};

// The rows of one key head that a task adds to, from zero where they are unset.
void begin_rows(const GradientSum& sum, int64_t row, int64_t end_row, int kv_head, const AttentionShape& shape) {
  if (!sum.is_unset) return;
  for (; row < end_row; ++row)
    memset(sum.data + (row * shape.kv_heads + kv_head) * shape.head_width, 0,
           static_cast<size_t>(shape.head_width) * sizeof(float));
}

// Adds what one panel and one block give. `row` is the row of dk and dv of the sequence's first key.
void add_block(const Arguments& a, const Tile& tile, const QueryPanel& panel, const Columns& columns,
               const KeyBlock& block, int64_t row, const Memory& memory) {
  const ProductTable& product = product_of(a.shape);
  const Form form = product.form;
  const int width = a.shape.head_width, count = block.count,
            vectors = static_cast<int>(round_up(panel.columns, kLanes));
  const int64_t kv_stride = static_cast<int64_t>(a.shape.kv_heads) * width;
  multiply(product, rows_as_left(form, block.k, count, width, memory.k_words), count, memory.q_by_width, vectors, width,
           memory.p, kPanel, false);
  multiply(product, rows_as_left(form, block.v, count, width, memory.v_words), count, memory.dy_by_width, vectors,
           width, memory.ds, kPanel, false);
  const float* biases = block_bias(tile.sequence->bias, panel, block, memory.biases);
  const bool drops = a.shape.dropout.rate > 0;
  if (drops) drop(a.shape, panel, block, memory.ds);
  const auto slopes_of = biases ? slopes<true> : slopes<false>;
  slopes_of(a.shape, panel, columns, block, tile.sees_all(a.shape, block), biases, memory.p, memory.ds);
  if (drops) drop(a.shape, panel, block, memory.p);
  const int64_t at = (row + block.first) * kv_stride + tile.kv_head * width;
  const LeftRows p = rows_as_left(form, {memory.p, kPanel}, count, panel.columns, memory.p_words);
  multiply(product, p, count, memory.dy_by_depth, width, panel.columns, a.dv.data + at, kv_stride, true);
  const LeftRows ds = rows_as_left(form, {memory.ds, kPanel}, count, panel.columns, memory.ds_words);
  multiply(product, ds, count, memory.q_by_depth, width, panel.columns, a.dk.data + at, kv_stride, true);
  pack_depth(form, block.k, count, width, memory.k_panels);
  multiply(product, columns_as_left(form, memory.ds, panel.columns, count, memory.ds_columns), panel.columns,
           memory.k_panels, width, count, memory.dq_rows, padded(width), true);
}

void pack_panels(const AttentionShape& shape, const QueryPanel& panel, const Memory& memory) {
  const Form form = product_of(shape).form;
  const int width = shape.head_width;
  const Rows q = {memory.q_rows, padded(width)}, dy = {memory.dy_rows, padded(width)};
  pack_width(form, q, panel.columns, width, memory.q_by_width);
  pack_width(form, dy, panel.columns, width, memory.dy_by_width);
  pack_depth(form, q, panel.columns, width, memory.q_by_depth);
  pack_depth(form, dy, panel.columns, width, memory.dy_by_depth);
}

void add_panel(const Arguments& a, const Tile& tile, int first_column, int64_t row, const Memory& memory) {
  const int width = a.shape.head_width;
  const int64_t stride = padded(width);
  const QueryPanel panel = query_panel(a.shape, tile, first_column, a.row_keys);
  const Columns columns = columns_of(panel, a.shape.head_width, a.y, a.lse, a.dy);
  gather_rows(panel, a.q, width, memory.q_rows);
  gather_rows(panel, a.dy, width, memory.dy_rows);
  pack_panels(a.shape, panel, memory);
  memset(memory.dq_rows, 0, static_cast<size_t>(kPanel * stride) * sizeof(float));
  const int end = tile.last_range(a.shape).end;
  for (int first = tile.first_range(a.shape).begin / kKeyBlock * kKeyBlock; first < end; first += kKeyBlock) {
    const KeyBlock block = key_block(a.shape, product_of(a.shape).form, *tile.sequence, tile.kv_head, first,
                                     min(kKeyBlock, end - first), memory.keys);
    add_block(a, tile, panel, columns, block, row, memory);
  }
  for (int c = 0; c < panel.columns; ++c)
    for_vectors(width, [&](int64_t i, int lanes) {
      const int64_t at = panel.at[c] + i;
      store(a.dq.data + at, load(a.dq, at, lanes) + load(memory.dq_rows + c * stride + i), lanes);
    });
}

}  // namespace

void attention_backward(const Stream& stream, const AttentionShape& shape, const float* q, const AttentionBatch& batch,
                        const float* y, const float* lse, const float* dy, GradientSum dq, GradientSum dk,
                        GradientSum dv) {
  const Arguments arguments = {shape, batch.row_keys, q, y, lse, dy, dq, dk, dv};
  const Workspace memory(stream, Memory::bytes(shape));
  parallel_for(stream, static_cast<int64_t>(batch.sequence_count) * shape.kv_heads, [&](int64_t task, int worker) {
    const int64_t index = task / shape.kv_heads;
    const AttentionSequence& sequence = batch.sequences[index];
    int64_t row = 0;
    for (int64_t i = 0; i < index; ++i) row += batch.sequences[i].keys;
    const int kv_head = static_cast<int>(task % shape.kv_heads);
    begin_rows(dk, row, row + sequence.keys, kv_head, shape);
    begin_rows(dv, row, row + sequence.keys, kv_head, shape);
    const Memory mine(shape, memory.of_worker(worker));
    for (int first = 0; first < sequence.queries; first += kAttentionTile) {
      const Tile tile = {&sequence, first, min(kAttentionTile, sequence.queries - first), kv_head};
      for (int column = 0; column < tile.columns(shape); column += kPanel)
        add_panel(arguments, tile, column, row, mine);
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
