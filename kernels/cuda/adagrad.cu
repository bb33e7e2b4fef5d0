// SPDX-License-Identifier: Apache-2.0
#include "cuda/table.hpp"
#include "cuda/update.cuh"

namespace graft::inline v0::cuda {

void adagrad(const Stream& stream, const Step& options, float epsilon, const float* gradient, float* parameter,
             float* sum, int64_t count) {
  const Step step = options;
  for_each(stream, count, [=] __device__(int64_t i) {
    const float p = load(parameter + i), g = decayed_gradient(step, load(gradient + i), p);
    const float s = load(sum + i) + g * g;
    store(sum + i, s);
    store(parameter + i, p - g * step.rate / (sqrtf(s) + epsilon));
  });
}

}  // namespace graft::inline v0::cuda
