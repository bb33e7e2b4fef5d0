// SPDX-License-Identifier: Apache-2.0
#include "cpu/products.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

namespace {

// How the products are cut: elements of the depth a piece, and panels a task, fine enough to share.
struct Cut {
  int depth = 2 * kLargestDepth;
  int64_t group;

  Cut(Compute compute, const PackedMatrix* weights, int count, int64_t panels) {
    int64_t words = 1;
    for (int i = 0; i < count; ++i) depth = min(depth, 2 * depth_of(backward_product(weights[i].dtype, compute).form));
    for (int i = 0; i < count; ++i)
      words = max(words, words_of(backward_product(weights[i].dtype, compute).form, min(weights[i].rows, depth)));
    group = max<int64_t>(1, min(kPanelsBytes / (words * kPanel * 4), panels / 16));
  }
};

}  // namespace

// A task owns a block of dx and adds the products with all weights to it, in their order.
void linear_backward(const Stream& stream, Compute compute, const float* const* dy, int rows,
                     const PackedMatrix* weights, int count, float* dx) {
  if (rows == 0 || count == 0) return;
  const int cols = weights[0].cols;
  int64_t words = 0;
  for (int i = 0; i < count; ++i)
    words += round_up(rows * Left::row_words(backward_product(weights[i].dtype, compute).form, weights[i].rows), 16);
  Scratch scratch = {static_cast<char*>(stream.scratch(
      stream.context, static_cast<size_t>(kPanelsBytes * stream.workers + scratch_bytes<uint32_t>(words))))};
  char* workers = scratch.take<char>(kPanelsBytes * stream.workers);
  uint32_t* memory = scratch.take<uint32_t>(words);
  const auto left_of = [&](int weight) {
    uint32_t* at = memory;
    for (int i = 0; i < weight; ++i)
      at += round_up(rows * Left::row_words(backward_product(weights[i].dtype, compute).form, weights[i].rows), 16);
    return Left(backward_product(weights[weight].dtype, compute).form, rows, weights[weight].rows, at);
  };
  for (int i = 0; i < count; ++i) pack_left(stream, left_of(i), {dy[i], weights[i].rows, false});

  const int64_t panels = ceil_div(cols, kPanel);
  const Cut cut(compute, weights, count, panels);
  const int64_t groups = ceil_div(panels, cut.group);
  const int64_t tiles = left_of(0).tiles(), blocks = ceil_div(rows, kReusedRows), block = ceil_div(tiles, blocks);
  const Output out = {dx, cols, cols, nullptr, 1, true};
  parallel_for(stream, blocks * groups, [&](int64_t task, int worker) {
    const int64_t tile = task / groups * block, first = task % groups * cut.group;
    const int64_t end = min(panels, first + cut.group);
    char* panels_of_worker = workers + worker * kPanelsBytes;
    for (int i = 0; i < count; ++i) {
      const ProductTable& product = backward_product(weights[i].dtype, compute);
      const auto pieces = [&](int k, int depth) {
        return backward_pieces(product, weights[i], first, end, k, depth, panels_of_worker);
      };
      multiply_block(product, left_of(i), tile, min(tiles, tile + block), first, end, cut.depth, pieces, out);
    }
  });
}

}  // namespace graft::v0::cpu::GRAFT_ISA
