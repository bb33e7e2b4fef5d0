// SPDX-License-Identifier: Apache-2.0
#include "cpu/table.hpp"
#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void muon_direction(const Stream& stream, float scale, float momentum, bool nesterov, const float* gradient,
                    float* velocity, float* direction, int64_t count) {
  const float share = 1 - momentum;
  parallel_vectors(stream, count, 2, [&](int64_t i, int lanes) {
    const Vec g = load(gradient + i, lanes) * scale;
    const Vec v = load(velocity + i, lanes) * momentum + g * share;
    store(velocity + i, v, lanes);
    store(direction + i, nesterov ? v * momentum + g * share : v, lanes);
  });
}

void approach(const Stream& stream, const float* x, float share, float* y, int64_t count) {
  parallel_vectors(stream, count, 1, [&](int64_t i, int lanes) {
    const Vec old = load(y + i, lanes);
    store(y + i, old + (load(x + i, lanes) - old) * share, lanes);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
