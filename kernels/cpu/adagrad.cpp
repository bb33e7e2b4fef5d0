// SPDX-License-Identifier: Apache-2.0
#include "cpu/table.hpp"
#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void adagrad(const Stream& stream, const Step& step, float epsilon, const float* gradient, float* parameter, float* sum,
             int64_t count) {
  parallel_vectors(stream, count, 2, [&](int64_t i, int lanes) {
    const Vec g = decayed_gradient(step, gradient + i, parameter + i, lanes);
    const Vec s = load(sum + i, lanes) + g * g;
    store(sum + i, s, lanes);
    store(parameter + i, load(parameter + i, lanes) - g * step.rate / (square_root(s) + epsilon), lanes);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
