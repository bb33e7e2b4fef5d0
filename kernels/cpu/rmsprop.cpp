// SPDX-License-Identifier: Apache-2.0
#include "cpu/table.hpp"
#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void rmsprop(const Stream& stream, const RmspropStep& options, const float* gradient, float* parameter, float* square,
             float* mean, float* velocity, int64_t count) {
  const float keep = options.decay, share = 1 - options.decay;
  parallel_vectors(stream, count, 2, [&](int64_t i, int lanes) {
    const Vec g = decayed_gradient(options.step, gradient + i, parameter + i, lanes);
    Vec v = load(square + i, lanes) * keep + g * g * share;
    store(square + i, v, lanes);
    if (mean) {
      const Vec m = load(mean + i, lanes) * keep + g * share;
      store(mean + i, m, lanes);
      v = vmax(v - m * m, Vec{});
    }
    Vec move = g / (square_root(v) + options.epsilon);
    if (velocity) {
      move += load(velocity + i, lanes) * options.momentum;
      store(velocity + i, move, lanes);
    }
    store(parameter + i, load(parameter + i, lanes) - move * options.step.rate, lanes);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
