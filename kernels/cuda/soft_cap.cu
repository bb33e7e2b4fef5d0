// SPDX-License-Identifier: Apache-2.0
//
// Scaled values, bent smoothly so that they stay within a cap (Gemma Team 2024). Each element is read and written once.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {

void soft_cap(const Stream& stream, const float* x, float scale, float cap, float* y, int64_t count) {
  const float inner = cap > 0 ? scale / cap : scale;
  for_each(stream, count, [=] __device__(int64_t i) {
    const float scaled = load(x + i) * inner;
    store(y + i, cap > 0 ? cap * tanhf(scaled) : scaled);
  });
}

void soft_cap_backward(const Stream& stream, const float* x, float scale, float cap, const float* dy, GradientSum dx,
                       int64_t count) {
  for_each(stream, count, [=] __device__(int64_t i) {
    float slope = scale;
    if (cap > 0) {
      const float bent = tanhf(load(x + i) * (scale / cap));
      slope *= 1 - bent * bent;
    }
    add_to(dx, i, load(dy + i) * slope);
  });
}

}  // namespace graft::inline v0::cuda
