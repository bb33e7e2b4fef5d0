// SPDX-License-Identifier: Apache-2.0
//
// Norms of gradients, and clamping. Each element is read once.
#include "cuda/reduce.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {

void square_sum(const Stream& stream, const float* x, int64_t count, double* found) {
  const auto square = [=] __device__(int64_t i) {
    const double value = load(x + i);
    return value * value;
  };
  join_all(stream, count, square, Sum(), found);
}

void absolute_sum(const Stream& stream, const float* x, int64_t count, double* found) {
  join_all(
      stream, count, [=] __device__(int64_t i) { return double(fabsf(load(x + i))); }, Sum(), found);
}

void largest_absolute(const Stream& stream, const float* x, int64_t count, double* found) {
  join_all(
      stream, count, [=] __device__(int64_t i) { return double(fabsf(load(x + i))); }, Largest(), found);
}

void clamp(const Stream& stream, float limit, float* x, int64_t count) {
  for_each(stream, count, [=] __device__(int64_t i) {
    const float value = load(x + i);
    store(x + i, value > limit ? limit : value < -limit ? -limit : value);
  });
}

}  // namespace graft::inline v0::cuda
