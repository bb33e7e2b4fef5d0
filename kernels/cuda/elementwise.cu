// SPDX-License-Identifier: Apache-2.0
//
// Each element is read and written once, in whole lines.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {

void add(const Stream& stream, const float* a, const float* b, float* y, int64_t count) {
  for_each(stream, count, [=] __device__(int64_t i) { store(y + i, load(a + i) + load(b + i)); });
}

void accumulate(const Stream& stream, const float* x, float scale, GradientSum y, int64_t count) {
  for_each(stream, count, [=] __device__(int64_t i) { add_to(y, i, scale * load(x + i)); });
}

void convert(const Stream& stream, const float* x, Dtype dtype, void* out, int64_t count) {
  if (dtype == Dtype::f32) return memory.copy(stream, x, out, size_t(count) * sizeof(float));
  uint16_t* const halves = static_cast<uint16_t*>(out);
  if (dtype == Dtype::f16)
    for_each(stream, count, [=] __device__(int64_t i) { store(halves + i, to_f16(load(x + i))); });
  else
    for_each(stream, count, [=] __device__(int64_t i) { store(halves + i, to_bf16(load(x + i))); });
}

}  // namespace graft::inline v0::cuda
