// SPDX-License-Identifier: Apache-2.0
//
// What the entries that oneDNN serves share. Work is cut into tiles by shape; each is one call, on one thread.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels.hpp"
#include "onednn/product.hpp"

namespace graft::inline v0::onednn {

struct Provider {
  const Kernels& base;  // serves what oneDNN does not
  Products products;
};
Provider& provider();

void linear(const Stream&, Compute, const float* x, int rows, const PackedMatrix* weights, const float* const* bias,
            float* const* y, int count);
void matmul(const Stream&, Compute, Operand a, Operand b, float* c, int64_t c_stride, int m, int n, int k, float alpha,
            bool add);

inline constexpr int kTileRows = 128;

inline int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

// Of one worker, for any of the products.
inline int64_t scratch_bytes(const std::vector<std::shared_ptr<const Product>>& products) {
  size_t bytes = 0;
  for (const auto& product : products) bytes = std::max(bytes, product->scratch_bytes());
  return round_up(static_cast<int64_t>(bytes), 64);
}

template <class Body>
void parallel_for(const Stream& stream, int64_t tasks, const Body& body) {
  stream.parallel(
      stream.context, static_cast<int>(tasks),
      [](void* argument, int task, int worker) { (*static_cast<const Body*>(argument))(task, worker); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

}  // namespace graft::v0::onednn
