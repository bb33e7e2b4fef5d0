// SPDX-License-Identifier: Apache-2.0
#include "cpu/table.hpp"
#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void sgd(const Stream& stream, const SgdStep& options, const float* gradient, float* parameter, float* velocity,
         int64_t count) {
  const bool is_first = options.step.number == 1;
  const float momentum = is_first ? 0 : options.momentum, share = is_first ? 1 : 1 - options.dampening;
  parallel_vectors(stream, count, 2, [&](int64_t i, int lanes) {
    Vec move = decayed_gradient(options.step, gradient + i, parameter + i, lanes);
    if (velocity) {
      const Vec v = load(velocity + i, lanes) * momentum + move * share;
      store(velocity + i, v, lanes);
      move = options.nesterov ? move + v * options.momentum : v;
    }
    store(parameter + i, load(parameter + i, lanes) - move * options.step.rate, lanes);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
