// SPDX-License-Identifier: Apache-2.0
#include "cpu/adam.hpp"

#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void adam(const Stream& stream, const AdamStep& options, const float* gradient, float* parameter, float* mean,
          float* variance, float* largest, int64_t count) {
  const AdamVectors vectors(options);
  parallel_vectors(stream, count, 2, [&](int64_t i, int lanes) {
    Vec m = load(mean + i, lanes), v = load(variance + i, lanes);
    vectors.move(gradient + i, parameter + i, lanes, m, v);
    store(mean + i, m, lanes);
    store(variance + i, v, lanes);
    if (largest) {
      v = vmax(load(largest + i, lanes), v);
      store(largest + i, v, lanes);
    }
    vectors.apply(parameter + i, lanes, m, v);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
