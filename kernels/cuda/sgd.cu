// SPDX-License-Identifier: Apache-2.0
#include "cuda/table.hpp"
#include "cuda/update.cuh"

namespace graft::inline v0::cuda {

void sgd(const Stream& stream, const SgdStep& options, const float* gradient, float* parameter, float* velocity,
         int64_t count) {
  const bool is_first = options.step.number == 1;
  const float momentum = is_first ? 0 : options.momentum, share = is_first ? 1 : 1 - options.dampening;
  const SgdStep o = options;
  for_each(stream, count, [=] __device__(int64_t i) {
    const float p = load(parameter + i);
    float move = decayed_gradient(o.step, load(gradient + i), p);
    if (velocity) {
      const float v = load(velocity + i) * momentum + move * share;
      store(velocity + i, v);
      move = o.nesterov ? move + v * o.momentum : v;
    }
    store(parameter + i, p - move * o.step.rate);
  });
}

}  // namespace graft::inline v0::cuda
