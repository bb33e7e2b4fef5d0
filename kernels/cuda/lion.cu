// SPDX-License-Identifier: Apache-2.0
#include "cuda/table.hpp"
#include "cuda/update.cuh"

namespace graft::inline v0::cuda {

void lion(const Stream& stream, const Step& step, float beta1, float beta2, const float* gradient, float* parameter,
          float* mean, int64_t count) {
  const float keep = kept_share(step), scale = step.scale, rate = step.rate;
  for_each(stream, count, [=] __device__(int64_t i) {
    const float g = load(gradient + i) * scale, m = load(mean + i);
    const float blend = m * beta1 + g * (1 - beta1), sign = blend > 0 ? 1.0f : blend < 0 ? -1.0f : 0.0f;
    store(mean + i, m * beta2 + g * (1 - beta2));
    store(parameter + i, load(parameter + i) * keep - sign * rate);
  });
}

}  // namespace graft::inline v0::cuda
