// SPDX-License-Identifier: Apache-2.0
//
// The gradient of a group of weights' common input, and those of the factors of their low-rank edits. Each gradient of
// an output is prepared once, for the product with its weight and for those with the factors; `down` is one weight
// more. The floor are the products: 2 · rows · outputs · inputs operations a weight.
#include "cpu/factor_gradients.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The terms of dx: first the weights, then the factors `down` of their edits.
class Terms {
 public:
  const Operand* dy;
  const PackedMatrix* weights;
  const LowRankGradient* low_rank;
  int rows, count;
  Compute compute;

  int terms() const { return low_rank ? 2 * count : count; }
  bool is_edited(int i) const { return low_rank && low_rank[i].up.data; }
  bool exists(int term) const { return term < count || low_rank[term - count].down.data; }
  const PackedMatrix& weight(int term) const { return term < count ? weights[term] : low_rank[term - count].down; }
  const ProductTable& product(int term) const { return backward_product(weight(term).dtype, compute); }

  // The rows that a term multiplies.
  Operand operand(int term) const {
    return term < count ? dy[term] : Operand{low_rank[term - count].dhidden, weight(term).rows};
  }
  Left left(int term) const { return Left(product(term).form, rows, weight(term).rows, operand(term)); }
  // Words of a term's left operand, and of what the gradients of its factors need.
  int64_t left_words(int term) const { return exists(term) ? left(term).memory_words() : 0; }
  int64_t factor_words(int i) const {
    return is_edited(i) ? FactorGradients::words(product(i).form, rows, low_rank[i].up.cols) : 0;
  }
  int64_t words() const {
    int64_t sum = 0;
    for (int term = 0; term < terms(); ++term) sum += left_words(term);
    for (int i = 0; i < count; ++i) sum += factor_words(i);
    return sum;
  }
  Left left(uint32_t* memory, int term) const {
    for (int i = 0; i < term; ++i) memory += left_words(i);
    Left placed = left(term);
    placed.use(memory);
    return placed;
  }
  FactorGradients factors(uint32_t* memory, int index) const {
    const Left dy_rows = left(memory, index);
    for (int term = 0; term < terms(); ++term) memory += left_words(term);
    for (int i = 0; i < index; ++i) memory += factor_words(i);
    return FactorGradients(product(index), low_rank[index], dy_rows, memory);
  }
};

// Memory of one worker: panels, or what a gradient of a factor takes.
int64_t worker_bytes(const Terms& at) {
  int64_t bytes = kPanelsBytes;
  for (int i = 0; i < at.count; ++i)
    if (at.is_edited(i)) bytes = max(bytes, FactorGradients::task_bytes(at.product(i).form, at.rows));
  return bytes;
}

// Of some tiles: dhidden = scale · dy · up, and its rows as the left operand of `down`.
void multiply_up(const Terms& at, int i, int64_t first, int64_t end, uint32_t* memory, char* panels_of_worker) {
  const LowRankGradient& edit = at.low_rank[i];
  const ProductTable& product = at.product(i);
  const int rank = edit.up.cols;
  const int64_t panels = ceil_div(rank, kPanel);
  for (int64_t panel = 0; panel < panels; panel += kGroupPanels) {
    const int64_t end_panel = min<int64_t>(panels, panel + kGroupPanels);
    const auto pieces = [&](int k, int depth) {
      return backward_pieces(product, edit.up, panel, end_panel, k, depth, panels_of_worker);
    };
    multiply_block(product, at.left(memory, i), first, end, panel, end_panel, depth_of(product.form), pieces,
                   {edit.dhidden, rank, rank, nullptr, edit.scale, false});
  }
  const int down = at.count + i;
  if (at.exists(down)) pack_tiles(at.left(memory, down), at.operand(down), first, end);
}

// Every dy as a left operand, and what its edit makes of it.
void prepare(const Stream& stream, const Terms& at, uint32_t* memory, const Workspace& workspace) {
  if (at.words() == 0) return;            // all are read where they lie
  const int block = at.low_rank ? 8 : 4;  // tiles a task: an even number of rows, and enough for panels of `up`
  const int tiles = at.left(memory, 0).tiles();
  const int64_t blocks = ceil_div(tiles, block);
  parallel_for(stream, at.count * blocks, [&](int64_t task, int worker) {
    const int i = static_cast<int>(task / blocks);
    const int64_t first = task % blocks * block, end = min<int64_t>(tiles, first + block);
    const Left left = at.left(memory, i);
    pack_tiles(left, at.operand(i), first, end);
    if (!at.is_edited(i)) return;
    multiply_up(at, i, first, end, memory, workspace.of_worker(worker));
    at.factors(memory, i).pack(static_cast<int>(first * left.height),
                               static_cast<int>(min<int64_t>(at.rows, end * left.height)));
  });
}

// How the products are cut: elements of the depth a piece, rows a task, and panels a task, fine enough to share. Where
// the left operand is too large for the caches (a head's vocabulary), few tasks read it in short pieces.
struct Cut {
  int depth, rows;
  int64_t panels, group, blocks;

  Cut(const Terms& at, int cols) : panels(ceil_div(cols, kPanel)) {
    constexpr int64_t kCachedWords = 1 << 21;
    int64_t words = 1, left_stride = 0;
    for (int term = 0; term < at.terms(); ++term)
      if (at.exists(term)) left_stride = max(left_stride, at.left(term).stride);
    const bool is_large = at.rows * left_stride > kCachedWords;
    rows = is_large ? kReusedRows / 2 : kReusedRows;
    blocks = ceil_div(at.rows, rows);
    depth = (is_large ? 1 : 2) * kLargestDepth;
    for (int term = 0; term < at.terms(); ++term) {
      if (!at.exists(term)) continue;
      const Form form = at.product(term).form;
      if (form == Form::f32) depth = min(depth, 2 * depth_of(form));
      words = max(words, words_of(form, min(at.weight(term).rows, depth)));
    }
    group = max<int64_t>(1, min(kPanelsBytes / (words * kPanel * 4), is_large ? ceil_div(panels, 8) : panels / 16));
  }
  int64_t groups() const { return ceil_div(panels, group); }
};

// A task owns a block of dx and adds all terms to it, in their order.
void multiply(const Terms& at, const Cut& cut, int64_t task, uint32_t* memory, char* panels_of_worker,
              const GradientSum& dx) {
  const int cols = at.weights[0].cols;
  const int64_t tiles = at.left(memory, 0).tiles(), block = ceil_div(tiles, cut.blocks);
  const int64_t tile = task / cut.groups() * block, first = task % cut.groups() * cut.group;
  const int64_t end = min(cut.panels, first + cut.group);
  for (int term = 0; term < at.terms(); ++term) {
    if (!at.exists(term)) continue;
    const ProductTable& product = at.product(term);
    const auto pieces = [&](int k, int depth) {
      return backward_pieces(product, at.weight(term), first, end, k, depth, panels_of_worker);
    };
    multiply_block(product, at.left(memory, term), tile, min(tiles, tile + block), first, end, cut.depth, pieces,
                   {dx.data, cols, cols, nullptr, 1, term > 0 || !dx.is_unset});
  }
}

}  // namespace

bool rounds_gradient(Dtype dtype, Compute compute) { return backward_product(dtype, compute).form == Form::bf16; }

void linear_backward(const Stream& stream, Compute compute, const Operand* dy, int rows, const PackedMatrix* weights,
                     const LowRankGradient* low_rank, int count, GradientSum dx) {
  if (rows == 0 || count == 0) return;
  const Terms at = {dy, weights, low_rank, rows, count, compute};
  const Workspace workspace(stream, worker_bytes(at), scratch_bytes<uint32_t>(at.words()));
  uint32_t* memory = workspace.shared().take<uint32_t>(at.words());
  prepare(stream, at, memory, workspace);

  const Cut cut(at, weights[0].cols);
  const int64_t products = dx ? cut.blocks * cut.groups() : 0;
  int64_t most = 0;
  for (int i = 0; i < count; ++i)
    if (at.is_edited(i)) most = max(most, at.factors(memory, i).tasks());
  parallel_for(stream, products + count * most, [&](int64_t task, int worker) {
    char* own = workspace.of_worker(worker);
    if (task < products) return multiply(at, cut, task, memory, own, dx);
    const int i = static_cast<int>((task - products) / most);
    if (at.is_edited(i)) at.factors(memory, i).add((task - products) % most, own);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
