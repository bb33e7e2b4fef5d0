// SPDX-License-Identifier: Apache-2.0
//
// The gradient of a group of weights' common input. Each gradient of an output is prepared once, for the product with
// its weight and for that with the factor `up` of a low-rank edit; the factor `down` is one weight more. The floor are
// the products: 2 · rows · outputs · inputs operations a weight.
#include "cpu/products.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The terms of dx: first the weights, then the factors `down` of their edits.
class Terms {
 public:
  const float* const* dy;
  const PackedMatrix* weights;
  const LowRankGradient* low_rank;
  int rows, count;
  Compute compute;

  int terms() const { return low_rank ? 2 * count : count; }
  bool is_edited(int i) const { return low_rank && low_rank[i].dhidden; }
  bool exists(int term) const { return term < count || low_rank[term - count].down.data; }
  const PackedMatrix& weight(int term) const { return term < count ? weights[term] : low_rank[term - count].down; }
  const ProductTable& product(int term) const { return backward_product(weight(term).dtype, compute); }

  // Words of a term's left operand, and of the panels of an edit's `up`.
  int64_t left_words(int term) const {
    return exists(term) ? round_up(rows * Left::row_words(product(term).form, weight(term).rows), 16) : 0;
  }
  int64_t up_stride(int i) const { return words_of(product(i).form, weights[i].rows) * kPanel; }
  int64_t up_words(int i) const { return is_edited(i) ? ceil_div(low_rank[i].rank, kPanel) * up_stride(i) : 0; }
  int64_t words() const {
    int64_t sum = 0;
    for (int term = 0; term < terms(); ++term) sum += left_words(term);
    for (int i = 0; i < count; ++i) sum += up_words(i);
    return sum;
  }
  Left left(uint32_t* memory, int term) const {
    for (int i = 0; i < term; ++i) memory += left_words(i);
    return Left(product(term).form, rows, weight(term).rows, memory);
  }
  uint32_t* up(uint32_t* memory, int index) const {
    for (int term = 0; term < terms(); ++term) memory += left_words(term);
    for (int i = 0; i < index; ++i) memory += up_words(i);
    return memory;
  }
};

void pack_up(const Terms& at, int i, uint32_t* out) {
  const LowRankGradient& edit = at.low_rank[i];
  for (int col = 0; col < edit.rank; col += kPanel, out += at.up_stride(i))
    pack_columns(at.product(i).form, edit.up + col, edit.rank, min(kPanel, edit.rank - col), kPanel, at.weights[i].rows,
                 out);
}

// Every dy as a left operand, and the factors `up` as panels.
void prepare(const Stream& stream, const Terms& at, uint32_t* memory) {
  constexpr int kTiles = 4;
  const int tiles = at.left(memory, 0).tiles();
  const int64_t parts = ceil_div(tiles, kTiles) + 1;
  parallel_for(stream, at.count * parts, [&](int64_t task, int) {
    const int i = static_cast<int>(task / parts), first = static_cast<int>(task % parts) * kTiles;
    if (first < tiles)
      pack_tiles(at.left(memory, i), {at.dy[i], at.weights[i].rows, false}, first, min(tiles, first + kTiles));
    else if (at.is_edited(i))
      pack_up(at, i, at.up(memory, i));
  });
}

// dhidden = scale · dy · up, and its rows as the left operand of `down`.
void multiply_up(const Stream& stream, const Terms& at, uint32_t* memory) {
  const Left rows = at.left(memory, 0);
  const int block = rows.tiles_per_block(kBlockRows);
  const int64_t blocks = ceil_div(rows.tiles(), block);
  parallel_for(stream, at.count * blocks, [&](int64_t task, int) {
    const int i = static_cast<int>(task / blocks);
    if (!at.is_edited(i)) return;
    const LowRankGradient& edit = at.low_rank[i];
    const ProductTable& product = at.product(i);
    const int64_t first = task % blocks * block, end = min<int64_t>(rows.tiles(), first + block);
    const char* up = reinterpret_cast<const char*>(at.up(memory, i));
    const auto pieces = [&](int k, int) {
      return Pieces{up + k / product.elements * product.right_bytes, at.up_stride(i) * 4};
    };
    multiply_block(product, at.left(memory, i), first, end, 0, ceil_div(edit.rank, kPanel), 2 * depth_of(product.form),
                   pieces, {edit.dhidden, edit.rank, edit.rank, nullptr, edit.scale, false});
    if (at.exists(at.count + i))
      pack_tiles(at.left(memory, at.count + i), {edit.dhidden, edit.rank, false}, first, end);
  });
}

// How the products are cut: elements of the depth a piece, rows a task, and panels a task, fine enough to share. Where
// the left operand is too large for the caches (a head's vocabulary), few tasks read it in short pieces.
struct Cut {
  int depth, rows;
  int64_t group;

  Cut(const Terms& at, int64_t panels) {
    constexpr int64_t kCachedWords = 1 << 21;
    int64_t words = 1, left_words = 0;
    for (int term = 0; term < at.terms(); ++term) left_words = max(left_words, at.left_words(term));
    const bool is_large = left_words > kCachedWords;
    rows = is_large ? kReusedRows / 2 : kReusedRows;
    depth = (is_large ? 1 : 2) * kLargestDepth;
    for (int term = 0; term < at.terms(); ++term) {
      if (!at.exists(term)) continue;
      const Form form = at.product(term).form;
      if (form == Form::f32) depth = min(depth, 2 * depth_of(form));
      words = max(words, words_of(form, min(at.weight(term).rows, depth)));
    }
    group = max<int64_t>(1, min(kPanelsBytes / (words * kPanel * 4), is_large ? ceil_div(panels, 3) : panels / 16));
  }
};

// A task owns a block of dx and adds all terms to it, in their order.
void multiply(const Stream& stream, const Terms& at, uint32_t* memory, char* workers, float* dx) {
  const int cols = at.weights[0].cols;
  const int64_t panels = ceil_div(cols, kPanel), tiles = at.left(memory, 0).tiles();
  const Cut cut(at, panels);
  const int64_t groups = ceil_div(panels, cut.group);
  const int64_t blocks = ceil_div(at.rows, cut.rows), block = ceil_div(tiles, blocks);
  const Output out = {dx, cols, cols, nullptr, 1, true};
  parallel_for(stream, blocks * groups, [&](int64_t task, int worker) {
    const int64_t tile = task / groups * block, first = task % groups * cut.group;
    const int64_t end = min(panels, first + cut.group);
    char* panels_of_worker = workers + worker * kPanelsBytes;
    for (int term = 0; term < at.terms(); ++term) {
      if (!at.exists(term)) continue;
      const ProductTable& product = at.product(term);
      const auto pieces = [&](int k, int depth) {
        return backward_pieces(product, at.weight(term), first, end, k, depth, panels_of_worker);
      };
      multiply_block(product, at.left(memory, term), tile, min(tiles, tile + block), first, end, cut.depth, pieces,
                     out);
    }
  });
}

}  // namespace

void linear_backward(const Stream& stream, Compute compute, const float* const* dy, int rows,
                     const PackedMatrix* weights, const LowRankGradient* low_rank, int count, float* dx) {
  if (rows == 0 || count == 0) return;
  const Terms at = {dy, weights, low_rank, rows, count, compute};
  Scratch scratch = {static_cast<char*>(stream.scratch(
      stream.context, static_cast<size_t>(kPanelsBytes * stream.workers + scratch_bytes<uint32_t>(at.words()))))};
  char* workers = scratch.take<char>(kPanelsBytes * stream.workers);
  uint32_t* memory = scratch.take<uint32_t>(at.words());
  prepare(stream, at, memory);
  if (low_rank) multiply_up(stream, at, memory);
  if (dx) multiply(stream, at, memory, workers, dx);
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
