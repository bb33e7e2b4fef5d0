// SPDX-License-Identifier: Apache-2.0
//
// The gradient of what is added to the scores: the slope of each score, from probabilities recomputed out of the
// log-sum-exp. A task owns the heads of one key head in all sequences, which may share a bias, so that each sum has one
// order.
#include "cpu/attention.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The memory of one worker: a panel's queries and gradients, a block's keys and values, and blocks of scores.
struct Memory {
  float *rows, *keys, *scores, *slopes, *biases;
  uint32_t *queries, *gradients, *words;

  static int64_t bytes(const AttentionShape& shape) {
    const int64_t words = row_words(shape.head_width);
    return scratch_bytes<float>((kPanel + 2 * kKeyBlock) * padded(shape.head_width) + 3 * kKeyBlock * kPanel) +
           scratch_bytes<uint32_t>((2 * kPanel + kKeyBlock) * words);
  }
  Memory(const AttentionShape& shape, char* memory) {
    const int64_t width = padded(shape.head_width), words_of_row = row_words(shape.head_width);
    Scratch scratch = {memory};
    rows = scratch.take<float>(kPanel * width);
    keys = scratch.take<float>(2 * kKeyBlock * width);
    scores = scratch.take<float>(kKeyBlock * kPanel);
    slopes = scratch.take<float>(kKeyBlock * kPanel);
    biases = scratch.take<float>(kKeyBlock * kPanel);
    queries = scratch.take<uint32_t>(kPanel * words_of_row);
    gradients = scratch.take<uint32_t>(kPanel * words_of_row);
    words = scratch.take<uint32_t>(kKeyBlock * words_of_row);
  }
};

struct Arguments {
  const AttentionShape& shape;
  const int64_t* row_keys;
  const float *q, *y, *lse, *dy;
};

// In place: products dy · v become the slopes of the scores that the products q · k give.
void score_slopes(const AttentionShape& shape, const QueryPanel& panel, const Columns& columns, const KeyBlock& block,
                  bool sees_all, const float* biases, const float* products, float* slopes) {
  for (int column = 0; column < panel.columns; column += kLanes) {
    const Vec lse = load(columns.lse + column), mean = load(columns.mean + column);
    for (int j = 0; j < block.count; ++j) {
      const int at = j * kPanel + column;
      const Vec s = score(shape, load(products + at)) + load(biases + at);
      const Vec p = probabilities(panel, column, block.first + j, sees_all, s, lse);
      store(slopes + at, p * (load(slopes + at) - mean));
    }
  }
}

void add_block(const Arguments& a, const Tile& tile, const QueryPanel& panel, const Columns& columns,
               const KeyBlock& block, const Memory& memory, float* dbias) {
  const ProductTable& product = product_of(a.shape);
  const int width = a.shape.head_width, count = block.count,
            vectors = static_cast<int>(round_up(panel.columns, kLanes));
  multiply(product, rows_as_left(product.form, block.k, count, width, memory.words), count, memory.queries, vectors,
           width, memory.scores, kPanel, false);
  multiply(product, rows_as_left(product.form, block.v, count, width, memory.words), count, memory.gradients, vectors,
           width, memory.slopes, kPanel, false);
  const float* biases = block_bias(tile.sequence->bias, panel, block, memory.biases);
  if (a.shape.dropout.rate > 0) drop(a.shape, panel, block, memory.slopes);
  score_slopes(a.shape, panel, columns, block, tile.sees_all(a.shape, block), biases, memory.scores, memory.slopes);
  for (int c = 0; c < panel.columns; ++c) {
    float* row = dbias + panel.bias[c] + block.first;
    for (int j = 0; j < count; ++j) row[j] += memory.slopes[j * kPanel + c];
  }
}

void add_panel(const Arguments& a, const Tile& tile, int first_column, const Memory& memory, float* dbias) {
  const int width = a.shape.head_width;
  const Form form = product_of(a.shape).form;
  const QueryPanel panel = query_panel(a.shape, tile, first_column, a.row_keys);
  const Columns columns = columns_of(panel, width, a.y, a.lse, a.dy);
  const Rows rows = {memory.rows, padded(width)};
  gather_rows(panel, a.q, width, memory.rows);
  pack_width(form, rows, panel.columns, width, memory.queries);
  gather_rows(panel, a.dy, width, memory.rows);
  pack_width(form, rows, panel.columns, width, memory.gradients);
  const int end = tile.last_range(a.shape).end;
  for (int first = tile.first_range(a.shape).begin / kKeyBlock * kKeyBlock; first < end; first += kKeyBlock) {
    const KeyBlock block =
        key_block(a.shape, form, *tile.sequence, tile.kv_head, first, min(kKeyBlock, end - first), memory.keys);
    add_block(a, tile, panel, columns, block, memory, dbias);
  }
}

}  // namespace

void attention_bias_backward(const Stream& stream, const AttentionShape& shape, const float* q,
                             const AttentionBatch& batch, const float* y, const float* lse, const float* dy,
                             float* const* dbias) {
  const Arguments arguments = {shape, batch.row_keys, q, y, lse, dy};
  const Workspace memory(stream, Memory::bytes(shape));
  parallel_for(stream, shape.kv_heads, [&](int64_t kv_head, int worker) {
    const Memory mine(shape, memory.of_worker(worker));
    for (int i = 0; i < batch.sequence_count; ++i) {
      const AttentionSequence& sequence = batch.sequences[i];
      for (int first = 0; first < sequence.queries; first += kAttentionTile) {
        const Tile tile = {&sequence, first, min(kAttentionTile, sequence.queries - first), static_cast<int>(kv_head)};
        for (int column = 0; column < tile.columns(shape); column += kPanel)
          add_panel(arguments, tile, column, mine, dbias[i]);
      }
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
