// SPDX-License-Identifier: Apache-2.0
//
// Adam with moments in bytes, in the dynamic data type of Dettmers et al. 2022, cut into cells as on the CPU
// (kernels/cpu/adam_8bit.cpp says how). A thread block owns a block of moments, whose values stay in registers: the
// parameter and the codes are read and written once.
#include "cuda/table.hpp"
#include "cuda/update.cuh"

namespace graft::inline v0::cuda {
namespace {

constexpr int kDecades = 7, kOwn = int(kMomentBlock) / kThreads;

// The end of a decade, 1e-6 to 1.
__device__ float decade_end(int decade) {
  float end = 1;
  for (int e = kDecades - 1; e > decade; --e) end *= 0.1f;
  return end;
}

// `first`: the binary logarithm of the cells of the lowest decade.
__device__ float magnitude_of(int number, int first) {
  if (number == 0) return 0;
  const int decade = 31 - __clz(number) - first;
  if (decade == kDecades) return 1;
  const int cells = 1 << (first + decade);
  const float middle = (float(number - cells) + 0.5f) / float(cells);
  return decade_end(decade) * (0.1f + 0.9f * middle);
}

// Nothing but 0 becomes 0: a variance that vanished would make a step too long.
__device__ int number_of(float magnitude, int first) {
  if (magnitude >= 1) return 1 << (first + kDecades);
  if (!(magnitude > 0)) return 0;
  int decade = 0;
  while (decade < kDecades - 1 && magnitude >= decade_end(decade)) ++decade;
  const int cells = 1 << (first + decade);
  const float place = (magnitude / decade_end(decade) - 0.1f) * (1 / 0.9f) * float(cells);
  return cells + int(fminf(fmaxf(place, 0), float(cells - 1)));
}

// The byte of a value with a sign is its number, or minus that, and kZero; 255 is for the largest value alone. The byte
// of a value without one is its number less one, since they begin at 2.
struct Signed {
  static constexpr int kZero = 127;
  __device__ static float value(int code) {
    return code < kZero ? -magnitude_of(kZero - code, 0) : magnitude_of(code - kZero, 0);
  }
  __device__ static int code(float x) {
    const int number = number_of(fabsf(x), 0);
    return kZero + (x < 0 ? -smaller(number, int(kZero)) : number);
  }
};
struct Unsigned {
  __device__ static float value(int code) { return code == 0 ? 0 : magnitude_of(code + 1, 1); }
  __device__ static int code(float x) {
    const int number = number_of(x, 1);
    return number > 0 ? number - 1 : 0;
  }
};

template <class Type>
__device__ void encode_block(const float (&values)[kOwn], int size, uint8_t* codes, float* largest) {
  float most = 0;
#pragma unroll
  for (int i = 0; i < kOwn; ++i) most = fmaxf(most, fabsf(values[i]));
  const float top = block_reduce(most, Largest()), inverse = top > 0 ? 1 / top : 0;
#pragma unroll
  for (int i = 0; i < kOwn; ++i) {
    const int at = int(threadIdx.x) + i * kThreads;
    if (at < size) store(codes + at, uint8_t(Type::code(values[i] * inverse)));
  }
  if (threadIdx.x == 0) store(largest, top);
}

__global__ void __launch_bounds__(kThreads) step_block(AdamRule rule, const float* gradient, float* parameter,
                                                       ByteMoments mean, ByteMoments variance, int64_t count) {
  const int64_t first = int64_t(blockIdx.x) * kMomentBlock;
  const int size = int(smaller(kMomentBlock, count - first));
  const float mean_scale = load(mean.largest + blockIdx.x), variance_scale = load(variance.largest + blockIdx.x);
  float means[kOwn], variances[kOwn];
#pragma unroll
  for (int i = 0; i < kOwn; ++i) {
    means[i] = variances[i] = 0;
    const int64_t at = first + threadIdx.x + i * kThreads;
    if (at >= first + size) continue;
    const float p = load(parameter + at);
    means[i] = Signed::value(load(mean.codes + at)) * mean_scale;
    variances[i] = Unsigned::value(load(variance.codes + at)) * variance_scale;
    rule.move(load(gradient + at), p, means[i], variances[i]);
    store(parameter + at, rule.applied(p, means[i], variances[i]));
  }
  encode_block<Signed>(means, size, mean.codes + first, mean.largest + blockIdx.x);
  encode_block<Unsigned>(variances, size, variance.codes + first, variance.largest + blockIdx.x);
}

}  // namespace

void adam_8bit(const Stream& stream, const AdamStep& options, const float* gradient, float* parameter, ByteMoments mean,
               ByteMoments variance, int64_t count) {
  launch(stream, step_block, Grid{dim3(unsigned(ceil_div(count, kMomentBlock)))}, AdamRule(options), gradient,
         parameter, mean, variance, count);
}

}  // namespace graft::inline v0::cuda
