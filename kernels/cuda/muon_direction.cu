// SPDX-License-Identifier: Apache-2.0
#include "cuda/table.hpp"
#include "cuda/update.cuh"

namespace graft::inline v0::cuda {

void muon_direction(const Stream& stream, float scale, float momentum, bool nesterov, const float* gradient,
                    float* velocity, float* direction, int64_t count) {
  const float share = 1 - momentum;
  for_each(stream, count, [=] __device__(int64_t i) {
    const float g = load(gradient + i) * scale, v = load(velocity + i) * momentum + g * share;
    store(velocity + i, v);
    store(direction + i, nesterov ? v * momentum + g * share : v);
  });
}

void approach(const Stream& stream, const float* x, float share, float* y, int64_t count) {
  for_each(stream, count, [=] __device__(int64_t i) {
    const float old = load(y + i);
    store(y + i, old + (load(x + i) - old) * share);
  });
}

}  // namespace graft::inline v0::cuda
