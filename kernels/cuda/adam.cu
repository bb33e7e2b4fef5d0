// SPDX-License-Identifier: Apache-2.0
#include "cuda/table.hpp"
#include "cuda/update.cuh"

namespace graft::inline v0::cuda {

void adam(const Stream& stream, const AdamStep& options, const float* gradient, float* parameter, float* mean,
          float* variance, float* largest, int64_t count) {
  const AdamRule rule(options);
  for_each(stream, count, [=] __device__(int64_t i) {
    const float p = load(parameter + i);
    float m = load(mean + i), v = load(variance + i);
    rule.move(load(gradient + i), p, m, v);
    store(mean + i, m);
    store(variance + i, v);
    if (largest) {
      v = fmaxf(load(largest + i), v);
      store(largest + i, v);
    }
    store(parameter + i, rule.applied(p, m, v));
  });
}

}  // namespace graft::inline v0::cuda
