// SPDX-License-Identifier: Apache-2.0
#include "cpu/table.hpp"
#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

Vec sign(Vec x) { return select(x > Vec{}, splat(1), select(x < Vec{}, splat(-1), Vec{})); }

}  // namespace

void lion(const Stream& stream, const Step& step, float beta1, float beta2, const float* gradient, float* parameter,
          float* mean, int64_t count) {
  const float keep = kept_share(step);
  parallel_vectors(stream, count, 2, [&](int64_t i, int lanes) {
    const Vec g = load(gradient + i, lanes) * step.scale, m = load(mean + i, lanes);
    const Vec direction = sign(m * beta1 + g * (1 - beta1));
    store(mean + i, m * beta2 + g * (1 - beta2), lanes);
    store(parameter + i, load(parameter + i, lanes) * keep - direction * step.rate, lanes);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
