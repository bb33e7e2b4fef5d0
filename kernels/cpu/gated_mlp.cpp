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

namespace {

template <class Load>
void gate_backward(const Stream& stream, const Load& gate, const Load& up, const float* dy, float* dgate, float* dup,
                   int64_t count) {
  parallel_ranges(stream, count, 4, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Vec x = gate(i, lanes), s = sigmoid(x), d = load(dy + i, lanes);
      if (dgate) {
        const Vec slope = s * (1.0f + x * (1.0f - s));
        store(dgate + i, load(dgate + i, lanes) + d * up(i, lanes) * slope, lanes);
      }
      if (dup) store(dup + i, load(dup + i, lanes) + d * x * s, lanes);
    });
  });
}

struct Floats {
  const float* x;
  Vec operator()(int64_t i, int lanes) const { return load(x + i, lanes); }
};
struct Halves {
  const uint16_t* x;
  Vec operator()(int64_t i, int lanes) const { return from_bf16(load(x + i, lanes)); }
};

}  // namespace

void silu_gate_backward(const Stream& stream, const void* gate, const void* up, Dtype dtype, const float* dy,
                        float* dgate, float* dup, int64_t count) {
  if (dtype == Dtype::f32)
    gate_backward(stream, Floats{static_cast<const float*>(gate)}, Floats{static_cast<const float*>(up)}, dy, dgate,
                  dup, count);
  else
    gate_backward(stream, Halves{static_cast<const uint16_t*>(gate)}, Halves{static_cast<const uint16_t*>(up)}, dy,
                  dgate, dup, count);
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
