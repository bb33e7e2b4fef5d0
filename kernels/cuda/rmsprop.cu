// SPDX-License-Identifier: Apache-2.0
#include "cuda/table.hpp"
#include "cuda/update.cuh"

namespace graft::inline v0::cuda {

void rmsprop(const Stream& stream, const RmspropStep& options, const float* gradient, float* parameter, float* square,
             float* mean, float* velocity, int64_t count) {
  const RmspropStep o = options;
  const float keep = options.decay, share = 1 - options.decay;
  for_each(stream, count, [=] __device__(int64_t i) {
    const float p = load(parameter + i), g = decayed_gradient(o.step, load(gradient + i), p);
    float v = load(square + i) * keep + g * g * share;
    store(square + i, v);
    if (mean) {
      const float m = load(mean + i) * keep + g * share;
      store(mean + i, m);
      v = fmaxf(v - m * m, 0);
    }
    float move = g / (sqrtf(v) + o.epsilon);
    if (velocity) {
      move += load(velocity + i) * o.momentum;
      store(velocity + i, move);
    }
    store(parameter + i, p - move * o.step.rate);
  });
}

}  // namespace graft::inline v0::cuda
