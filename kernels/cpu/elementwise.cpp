// SPDX-License-Identifier: Apache-2.0
#include "cpu/destination.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void add(const Stream& stream, const float* a, const float* b, float* y, int64_t count) {
  parallel_ranges(stream, count, 1, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      store(y + i, load(a + i, lanes) + load(b + i, lanes), lanes);
    });
  });
}

void accumulate(const Stream& stream, const float* x, float scale, GradientSum y, int64_t count) {
  parallel_ranges(stream, count, 1, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      store(y.data + i, load(y, i, lanes) + scale * load(x + i, lanes), lanes);
    });
  });
}

void convert(const Stream& stream, const float* x, Dtype dtype, void* out, int64_t count) {
  parallel_ranges(stream, count, 1, [&](int64_t begin, int64_t end) {
    if (dtype == Dtype::f32) {
      memcpy(static_cast<float*>(out) + begin, x + begin, static_cast<size_t>(end - begin) * sizeof(float));
      return;
    }
    uint16_t* halves = static_cast<uint16_t*>(out);
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Vec v = load(x + i, lanes);
      store(halves + i, dtype == Dtype::f16 ? to_f16(v) : round_bf16(v), lanes);
    });
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
