// SPDX-License-Identifier: Apache-2.0
//
// Weights of floats by many rows: the panels of their packed form are blocks that oneDNN knows. The last rows, which
// fill no tile, go to the other table, so that few shapes are met, and so do calls with low-rank edits; a row's bits
// depend on its place in the batch.
#include <atomic>

#include "onednn/provider.hpp"

namespace graft::inline v0::onednn {
namespace {

bool is_served(const PackedMatrix& w, Compute compute) {
  if (w.in_rows || w.rows <= 16) return false;  // not packed, or in a narrow panel: panel_width of cpu/panels.hpp
  if (w.dtype == Dtype::bf16) return compute != Compute::f32 && w.cols % (2 * 16) == 0;
  return w.dtype == Dtype::f32 && w.cols % 16 == 0;
}

struct Group {
  const PackedMatrix* weights;
  const float* const* bias;
  float* const* y;
  std::vector<std::shared_ptr<const Product>> products;
};

bool find_products(Provider& at, Compute compute, Group& group, int count) {
  for (int i = 0; i < count; ++i) {
    const PackedMatrix& w = group.weights[i];
    if (w.dtype != group.weights[0].dtype || !is_served(w, compute)) return false;
    group.products.push_back(at.products.find({.kind = TileShape::Kind::linear,
                                               .dtype = w.dtype,
                                               .m = kTileRows,
                                               .n = w.rows,
                                               .k = w.cols,
                                               .adds = false,
                                               .has_bias = group.bias && group.bias[i]}));
    if (!group.products.back()) return false;
  }
  return true;
}

// The whole tiles of the rows. False: not all was written.
bool multiply_tiles(const Stream& stream, const Group& group, const Operand& x, int tiles) {
  const PackedMatrix& first = group.weights[0];
  const bool is_bf16 = first.dtype == Dtype::bf16;
  const int64_t tile_elements = int64_t{kTileRows} * first.cols;
  const bool rounds = is_bf16 && !x.halves;
  const int64_t left_bytes = rounds ? tiles * tile_elements * 2 : 0, worker_bytes = scratch_bytes(group.products);
  char* scratch = static_cast<char*>(
      stream.scratch(stream.context, static_cast<size_t>(left_bytes + worker_bytes * stream.workers)));
  char* workers = scratch + left_bytes;
  if (rounds) provider().base.convert(stream, x.data, Dtype::bf16, scratch, tiles * tile_elements);
  const uint16_t* halves = rounds ? reinterpret_cast<const uint16_t*>(scratch) : x.halves;
  std::atomic<bool> failed = false;
  parallel_for(stream, int64_t{tiles} * static_cast<int64_t>(group.products.size()), [&](int task, int worker) {
    const int i = task / tiles, tile = task % tiles;
    const void* left =
        is_bf16 ? static_cast<const void*>(halves + tile * tile_elements) : x.data + tile * tile_elements;
    const float* bias = group.bias ? group.bias[i] : nullptr;
    float* y = group.y[i] + int64_t{tile} * kTileRows * group.weights[i].rows;
    if (!group.products[static_cast<size_t>(i)]->multiply(left, group.weights[i].data, bias, y,
                                                          workers + worker * worker_bytes))
      failed = true;
  });
  return !failed;
}

}  // namespace

void linear(const Stream& stream, Compute compute, Operand x, int rows, const PackedMatrix* weights,
            const float* const* bias, float* const* y, int count, const LowRankEdit* edits, int edit_count,
            const RowSpan* ranges) {
  constexpr int kMostWeights = 8;
  Provider& at = provider();
  Group group = {weights, bias, y, {}};
  int done = rows / kTileRows * kTileRows;
  const bool takes_rows = edit_count == 0 && !ranges && (x.data || weights[0].dtype == Dtype::bf16);
  if (count > kMostWeights || !takes_rows || done == 0 || !find_products(at, compute, group, count) ||
      !multiply_tiles(stream, group, x, rows / kTileRows))
    done = 0;
  if (done == rows) return;
  float* rest[kMostWeights];
  if (done > 0)
    for (int i = 0; i < count; ++i) rest[i] = y[i] + int64_t{done} * weights[i].rows;
  if (x.data) x.data += int64_t{done} * weights[0].cols;
  if (x.halves) x.halves += int64_t{done} * weights[0].cols;
  at.base.linear(stream, compute, x, rows - done, weights, bias, done ? rest : y, count, edits, edit_count, ranges);
}

}  // namespace graft::inline v0::onednn
