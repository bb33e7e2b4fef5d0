// SPDX-License-Identifier: Apache-2.0
//
// Scaled values, bent smoothly so that they stay within a cap (Gemma Team 2024).
#include "cpu/destination.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void soft_cap(const Stream& stream, const float* x, float scale, float cap, float* y, int64_t count) {
  const float inner = cap > 0 ? scale / cap : scale;
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Vec scaled = load(x + i, lanes) * inner;
      store(y + i, cap > 0 ? cap * tanh(scaled) : scaled, lanes);
    });
  });
}

void soft_cap_backward(const Stream& stream, const float* x, float scale, float cap, const float* dy, GradientSum dx,
                       int64_t count) {
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Vec before = load(dx, i, lanes);
      Vec slope = splat(scale);
      if (cap > 0) {
        const Vec bent = tanh(load(x + i, lanes) * (scale / cap));
        slope = slope * (1.0f - bent * bent);
      }
      store(dx.data + i, before + load(dy + i, lanes) * slope, lanes);
    });
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
