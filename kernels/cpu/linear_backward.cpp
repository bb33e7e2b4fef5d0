// SPDX-License-Identifier: Apache-2.0
#include "cpu/products.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

namespace {

// How the products are cut: panels a task, and elements of the depth a piece. A block of a quantised weight may fill
// eight panels; the panels of others are made in long pieces, by tasks fine enough to share.
struct Cut {
  int64_t group = kGroupPanels;
  int depth = kLargestDepth / 2;

  Cut(Form form, const PackedMatrix* weights, int count, int64_t panels) {
    depth = depth_of(form);
    int rows = 1;
    for (int i = 0; i < count; ++i) {
      if (!is_packed(weights[i].dtype)) return;
      rows = max(rows, weights[i].rows);
    }
    depth *= 2;
    const int64_t panel_bytes = words_of(form, min(rows, depth)) * kPanel * 4;
    group = max<int64_t>(1, min(kPanelsBytes / panel_bytes, panels / 16));
  }
};

}  // namespace

// A task owns a block of dx and adds the products with all weights to it, in their order.
void linear_backward(const Stream& stream, Compute compute, const float* const* dy, int rows,
                     const PackedMatrix* weights, int count, float* dx) {
  if (rows == 0 || count == 0) return;
  const int cols = weights[0].cols;
  const int64_t worker_bytes = kPanelsBytes + kRowsBytes;
  int64_t words = 0;
  for (int i = 0; i < count; ++i)
    words += round_up(rows * Left::row_words(backward_product(weights[i].dtype, compute).form, weights[i].rows), 16);
  Scratch scratch = {static_cast<char*>(stream.scratch(
      stream.context, static_cast<size_t>(worker_bytes * stream.workers + scratch_bytes<uint32_t>(words))))};
  char* workers = scratch.take<char>(worker_bytes * stream.workers);
  uint32_t* memory = scratch.take<uint32_t>(words);
  const auto left_of = [&](int weight) {
    uint32_t* at = memory;
    for (int i = 0; i < weight; ++i)
      at += round_up(rows * Left::row_words(backward_product(weights[i].dtype, compute).form, weights[i].rows), 16);
    return Left(backward_product(weights[weight].dtype, compute).form, rows, weights[weight].rows, at);
  };
  for (int i = 0; i < count; ++i) pack_left(stream, left_of(i), {dy[i], weights[i].rows, false});

  const int64_t panels = ceil_div(cols, kPanel);
  const Cut cut(backward_product(weights[0].dtype, compute).form, weights, count, panels);
  const int64_t groups = ceil_div(panels, cut.group);
  const int64_t tiles = left_of(0).tiles(), blocks = ceil_div(rows, kReusedRows), block = ceil_div(tiles, blocks);
  const Output out = {dx, cols, cols, nullptr, 1, true};
  parallel_for(stream, blocks * groups, [&](int64_t task, int worker) {
    const int64_t tile = task / groups * block, first = task % groups * cut.group;
    const int64_t end = min(panels, first + cut.group);
    char* at = workers + worker * worker_bytes;
    const Workspace space = {at, reinterpret_cast<float*>(at + kPanelsBytes)};
    for (int i = 0; i < count; ++i) {
      const ProductTable& product = backward_product(weights[i].dtype, compute);
      const auto pieces = [&](int k, int piece) {
        return backward_pieces(product, weights[i], first, end, k, piece, space);
      };
      multiply_block(product, left_of(i), tile, min(tiles, tile + block), first, end, cut.depth, pieces, out);
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
