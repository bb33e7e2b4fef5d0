// SPDX-License-Identifier: Apache-2.0
//
// What all kernels are written with. A block is one-dimensional and of whole warps; no thread returns before a barrier;
// what lies in global or shared memory is read by `load` and written by `store`; sums over lanes and threads are those
// of this file, in an order that does not depend on the schedule.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <math.h>
#include <stdint.h>

#include "cuda/runtime.hpp"

namespace graft::inline v0::cuda {

constexpr int kWarp = 32, kThreads = 256, kMostThreads = 512, kLargestBlock = 1024;

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }
template <class T>
constexpr T smaller(T a, T b) {
  return a < b ? a : b;
}
template <class T>
constexpr T larger(T a, T b) {
  return a < b ? b : a;
}

// ---- launching ----

struct Grid {
  dim3 blocks;
  int threads = kThreads;
};

// Queues a kernel; nothing where there is no block.
template <class... Parameters, class... Arguments>
void launch(const Stream& stream, void (*kernel)(Parameters...), const Grid& grid, const Arguments&... arguments) {
  if (grid.blocks.x == 0 || grid.blocks.y == 0 || grid.blocks.z == 0) return;
  Queue& queue = queue_of(stream);
#ifdef __CUDACC__
  kernel<<<grid.blocks, grid.threads, 0, queue.stream>>>(arguments...);
  check(cudaGetLastError(), "launch", size_t(grid.blocks.x) * grid.blocks.y * grid.blocks.z);
#else
  auto thread = [&] { kernel(arguments...); };
  emulation::Gpu::launch(
      grid.blocks, dim3(unsigned(grid.threads)), [](void* call) { (*static_cast<decltype(thread)*>(call))(); },
      &thread);
#endif
  note(queue);
}

// ---- memory ----

template <class T>
__device__ __forceinline__ T load(const T* at) {
#ifdef __CUDACC__
  return *at;
#else
  return emulation::resolve(at, false);
#endif
}
template <class T>
__device__ __forceinline__ void store(T* at, T value) {
#ifdef __CUDACC__
  *at = value;
#else
  emulation::resolve(at, true) = value;
#endif
}
__device__ __forceinline__ void add_to(float* at, float value) { store(at, load(at) + value); }

// The block's one object of a type, at most 48 KiB.
template <class T>
__device__ __forceinline__ T& shared() {
#ifdef __CUDACC__
  __shared__ alignas(16) unsigned char memory[sizeof(T)];
  return *reinterpret_cast<T*>(memory);
#else
  static const char kind = 0;
  return *static_cast<T*>(emulation::shared_memory(&kind, sizeof(T)));
#endif
}

// ---- numbers ----

__device__ inline float from_bf16(uint16_t bits) { return __bfloat162float(__ushort_as_bfloat16(bits)); }
__device__ inline uint16_t to_bf16(float x) { return __bfloat16_as_ushort(__float2bfloat16_rn(x)); }
__device__ inline float round_bf16(float x) { return from_bf16(to_bf16(x)); }
__device__ inline float from_f16(uint16_t bits) { return __half2float(__ushort_as_half(bits)); }
__device__ inline uint16_t to_f16(float x) { return __half_as_ushort(__float2half_rn(x)); }
// The element i of y.
__device__ inline void store(const Destination& y, int64_t i, float value) {
  if (y.halves)
    store(y.halves + i, to_bf16(value));
  else
    store(y.data + i, value);
}
__device__ inline void add_to(const GradientSum& sum, int64_t i, float value) {
  store(sum, i, sum.is_unset ? value : load(sum.data + i) + value);
}
__device__ inline float load_float(const float* at) { return load(at); }
__device__ inline float load_float(const uint16_t* at) { return from_bf16(load(at)); }

// ---- sums ----

struct Sum {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
// Not a number where one of them is not.
struct Largest {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return b != b || b > a ? b : a;
  }
};

// Of `lanes` neighbouring lanes, a power of two; all lanes of the warp take part and get the result of theirs.
template <class T, class Join = Sum>
__device__ __forceinline__ T warp_reduce(T value, Join join = {}, int lanes = kWarp) {
#ifdef __CUDACC__
  for (int mask = lanes / 2; mask > 0; mask /= 2) value = join(value, __shfl_xor_sync(~0u, value, mask));
  return value;
#else
  return emulation::reduce(value, join, lanes);
#endif
}

template <class T>
struct WarpValues {
  T of_warp[kLargestBlock / kWarp];
};
// Of all threads of the block, which get the result. May be called again and again.
template <class T, class Join = Sum>
__device__ T block_reduce(T value, Join join = {}) {
  WarpValues<T>& partial = shared<WarpValues<T>>();
  value = warp_reduce(value, join);
  __syncthreads();  // the last call's are read
  if (threadIdx.x % kWarp == 0) store(&partial.of_warp[threadIdx.x / kWarp], value);
  __syncthreads();
  T total = load(&partial.of_warp[0]);
  for (unsigned warp = 1; warp < blockDim.x / kWarp; ++warp) total = join(total, load(&partial.of_warp[warp]));
  return total;
}

// ---- one thread an element ----

constexpr int kEach = 4;  // elements a thread, a block apart

template <class Body>
__global__ void __launch_bounds__(kThreads) each_element(Body body, int64_t count) {
  const int64_t first = int64_t(blockIdx.x) * (kThreads * kEach) + threadIdx.x;
#pragma unroll
  for (int i = 0; i < kEach; ++i)
    if (first + i * kThreads < count) body(first + i * kThreads);
}
template <class Body>
void for_each(const Stream& stream, int64_t count, const Body& body) {
  launch(stream, each_element<Body>, Grid{dim3(unsigned(ceil_div(count, kThreads * kEach)))}, body, count);
}

// ---- rows ----

// Threads for a row of so many columns, so that each keeps at most kKept of them in registers, if a block can.
constexpr int kKept = 8;
inline int row_threads(int cols) {
  return int(smaller<int64_t>(kMostThreads, larger<int64_t>(kWarp, round_up(ceil_div(cols, kKept), kWarp))));
}
// Blocks for rows that share what a block reads once: one a row while there are few, else up to sixteen rows a block.
inline unsigned row_blocks(int rows) {
  return unsigned(ceil_div(rows, smaller<int64_t>(16, larger<int64_t>(1, rows / 512))));
}
// A thread's columns of a row, 0 where there is no row; those beyond what fits are read again.
class RowPart {
 public:
  __device__ RowPart(const float* row, int cols) : row_(row) {
#pragma unroll
    for (int i = 0; i < kKept; ++i) kept_[i] = row && column(i) < cols ? load(row + column(i)) : 0;
  }
  // body(column, value, values of the others) for each column of the thread.
  template <class Body, class... Others>
  __device__ void each(int cols, const Body& body, const Others&... others) const {
#pragma unroll
    for (int i = 0; i < kKept; ++i)
      if (column(i) < cols) body(column(i), kept_[i], others.kept_[i]...);
    for (int col = column(kKept); col < cols; col += int(blockDim.x)) body(col, again(col), others.again(col)...);
  }

 private:
  __device__ static int column(int i) { return int(threadIdx.x + unsigned(i) * blockDim.x); }
  __device__ float again(int col) const { return row_ ? load(row_ + col) : 0; }

  const float* row_;
  float kept_[kKept];
};

}  // namespace graft::inline v0::cuda
