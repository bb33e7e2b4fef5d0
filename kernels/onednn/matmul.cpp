// SPDX-License-Identifier: Apache-2.0
//
// Products of two large float matrices: in f32 as they lie, in bf16 the gradient of a weight.
#include <algorithm>

#include "onednn/plain_product.hpp"
#include "onednn/provider.hpp"

namespace graft::inline v0::onednn {
namespace {

constexpr int kDepthStep = 64;  // a depth is filled up to this, so that few shapes are met
constexpr int kSmallest = 64;   // of all three sizes

// Rows of c in equal pieces.
struct Cut {
  int rows, tiles;
  explicit Cut(int m) {
    const int pieces = (m + kTileRows - 1) / kTileRows;
    rows = static_cast<int>(round_up((m + pieces - 1) / pieces, 16));
    tiles = (m + rows - 1) / rows;
  }
  PlainProduct tile(const PlainProduct& whole, int i) const {
    return whole.part(i * rows, std::min(rows, whole.m - i * rows), 0, whole.n);
  }
};

bool multiply_floats(const Stream& stream, const PlainProduct& whole) {
  const Library* const from = library();
  if (!from) return false;
  const Cut cut(whole.m);
  parallel_for(stream, cut.tiles, [&](int task, int) {
    const PlainProduct tile = cut.tile(whole, task);
    const OneThread one_thread(*from);
    const dnnl_status_t status =
        from->sgemm(tile.a.transposed ? 'T' : 'N', tile.b.transposed ? 'T' : 'N', tile.m, tile.n, tile.k, tile.alpha,
                    tile.a.data, tile.a.stride, tile.b.data, tile.b.stride, tile.adds ? 1 : 0, tile.c, tile.c_stride);
    if (status != dnnl_success) multiply(tile);
  });
  return true;
}

// In bf16, the gradient of a weight; the left operand is rounded into tiles, the right one as it lies. The depth is
// filled up with zeros.
bool multiply_bf16(const Stream& stream, const PlainProduct& whole) {
  const int n = whole.n, k = whole.k;
  if (!whole.a.transposed || whole.b.transposed || whole.b.stride != n || whole.c_stride != n || whole.alpha != 1)
    return false;
  Provider& at = provider();
  const Cut cut(whole.m);
  const int depth = static_cast<int>(round_up(k, kDepthStep));
  std::vector<std::shared_ptr<const Product>> products;  // of all tiles but the last, and of it
  for (const int tile : {0, cut.tiles - 1})
    products.push_back(at.products.find({.kind = TileShape::Kind::weight_gradient,
                                         .dtype = Dtype::bf16,
                                         .m = cut.tile(whole, tile).m,
                                         .n = n,
                                         .k = depth,
                                         .adds = whole.adds,
                                         .has_bias = false}));
  if (!products[0] || !products[1]) return false;

  const int64_t worker_bytes = scratch_bytes(products), a_elements = int64_t{cut.tiles} * cut.rows * depth;
  char* workers = static_cast<char*>(stream.scratch(
      stream.context, static_cast<size_t>(worker_bytes * stream.workers + (a_elements + int64_t{n} * depth) * 2)));
  uint16_t* a = reinterpret_cast<uint16_t*>(workers + worker_bytes * stream.workers);
  uint16_t* b = a + a_elements;
  at.base.convert(stream, whole.b.data, Dtype::bf16, b, int64_t{k} * n);
  std::fill(b + int64_t{k} * n, b + int64_t{depth} * n, uint16_t{0});
  parallel_for(stream, cut.tiles, [&](int task, int worker) {
    const PlainProduct tile = cut.tile(whole, task);
    uint16_t* rows = a + int64_t{task} * cut.rows * depth;
    for (int i = 0; i < k; ++i)  // so few elements that convert makes no tasks of them
      at.base.convert(stream, tile.a.data + i * whole.a.stride, Dtype::bf16, rows + int64_t{i} * tile.m, tile.m);
    std::fill(rows + int64_t{k} * tile.m, rows + int64_t{depth} * tile.m, uint16_t{0});
    if (!products[task == cut.tiles - 1]->multiply(rows, b, nullptr, tile.c, workers + worker * worker_bytes))
      multiply(tile);
  });
  return true;
}

}  // namespace

void matmul(const Stream& stream, Compute compute, Operand a, Operand b, float* c, int64_t c_stride, int m, int n,
            int k, float alpha, bool add) {
  const PlainProduct whole = {a, b, c, c_stride, m, n, k, alpha, add};
  if (!a.halves && !b.halves && m >= kSmallest && n >= kSmallest && k >= kSmallest) {
    if (compute == Compute::f32 ? multiply_floats(stream, whole) : multiply_bf16(stream, whole)) return;
  }
  provider().base.matmul(stream, compute, a, b, c, c_stride, m, n, k, alpha, add);
}

}  // namespace graft::inline v0::onednn
