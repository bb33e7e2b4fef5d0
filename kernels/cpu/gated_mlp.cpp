// SPDX-License-Identifier: Apache-2.0
//
// The gate of a gated MLP: silu(x) = x * sigmoid(x) (Elfwing et al. 2018) times a second input (Shazeer 2020).
#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void silu_gate(const Stream& stream, const float* gate, const float* up, float* y, int64_t count) {
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Vec x = load(gate + i, lanes);
      store(y + i, x * sigmoid(x) * load(up + i, lanes), lanes);
    });
  });
}

void silu_gate_backward(const Stream& stream, const float* gate, const float* up, const float* dy, float* dgate,
                        float* dup, int64_t count) {
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Vec x = load(gate + i, lanes), s = sigmoid(x), d = load(dy + i, lanes);
      if (dgate) {
        const Vec slope = s * (1.0f + x * (1.0f - s));
        store(dgate + i, load(dgate + i, lanes) + d * load(up + i, lanes) * slope, lanes);
      }
      if (dup) store(dup + i, load(dup + i, lanes) + d * x * s, lanes);
    });
  });
}

}  // namespace graft::v0::cpu::GRAFT_ISA
