// SPDX-License-Identifier: Apache-2.0
//
// What the entries that oneDNN serves share. Work is cut into tiles by shape; each is one call, on one thread.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/parallel.hpp"
#include "onednn/product.hpp"

namespace graft::inline v0::onednn {

struct Provider {
  const Kernels& base;  // serves what oneDNN does not
  Products products;
};
Provider& provider();

void linear(const Stream&, Compute, Operand x, int rows, const PackedMatrix* weights, const float* const* bias,
            float* const* y, int count, const LowRankEdit* edits, int edit_count, const RowSpan* ranges);
void matmul(const Stream&, Compute, Operand a, Operand b, float* c, int64_t c_stride, int m, int n, int k, float alpha,
            bool add);

inline constexpr int kTileRows = 128;

using cpu::GRAFT_ISA::parallel_for;
using cpu::GRAFT_ISA::round_up;

// Of one worker, for any of the products.
inline int64_t scratch_bytes(const std::vector<std::shared_ptr<const Product>>& products) {
  size_t bytes = 0;
  for (const auto& product : products) bytes = std::max(bytes, product->scratch_bytes());
  return round_up(static_cast<int64_t>(bytes), 64);
}

}  // namespace graft::inline v0::onednn
