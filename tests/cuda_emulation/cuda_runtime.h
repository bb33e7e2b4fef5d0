// SPDX-License-Identifier: Apache-2.0
//
// In the place of CUDA's own header: what kernels/cuda uses of the language and of the runtime.
#pragma once

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "emulator.hpp"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __grid_constant__
#define __launch_bounds__(...)

using dim3 = graft::emulation::Dimensions;
#define threadIdx graft::emulation::thread_index
#define blockIdx graft::emulation::block_index
#define blockDim graft::emulation::block_size
#define gridDim graft::emulation::grid_size

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};

__forceinline__ void __syncthreads() { graft::emulation::meet_block(); }
__forceinline__ void __syncwarp() { graft::emulation::exchange(0, 0); }
template <class T>
__forceinline__ T __shfl_sync(unsigned, T value, int lane) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = graft::emulation::exchange(bits, lane);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}
template <class T>
__forceinline__ T __shfl_xor_sync(unsigned, T value, int mask) {
  return __shfl_sync(~0u, value, static_cast<int>(threadIdx.x % 32) ^ mask);
}

inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline unsigned __float_as_uint(float x) {
  unsigned bits;
  std::memcpy(&bits, &x, sizeof(x));
  return bits;
}
inline float __uint_as_float(unsigned bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(uint64_t{a} * b >> 32); }

using cudaError_t = int;
enum : int { cudaSuccess = 0, cudaErrorMemoryAllocation = 2, cudaErrorInvalidDevice = 101 };
using cudaStream_t = void*;
using cudaEvent_t = void*;
enum cudaMemcpyKind { cudaMemcpyDefault = 4 };
enum : unsigned { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2, cudaMemAttachGlobal = 1 };
enum cudaDeviceAttr { cudaDevAttrConcurrentManagedAccess = 89 };
struct cudaDeviceProp {
  char name[256];
  int major, minor, multiProcessorCount;
  size_t totalGlobalMem;
};

inline cudaError_t cudaDriverGetVersion(int* version) { return *version = 13000, cudaSuccess; }
inline cudaError_t cudaGetDeviceCount(int* count) { return *count = 1, cudaSuccess; }
inline cudaError_t cudaSetDevice(int device) { return device == 0 ? cudaSuccess : cudaErrorInvalidDevice; }
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"emulated", 8, 0, 1, graft::emulation::Gpu::free_memory()};
  return cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) { return *value = 1, cudaSuccess; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline const char* cudaGetErrorString(cudaError_t code) {
  return code == cudaErrorMemoryAllocation ? "out of memory" : code == cudaErrorInvalidDevice ? "no such device" : "?";
}
inline cudaError_t cudaMalloc(void** memory, size_t bytes) {
  *memory = graft::emulation::Gpu::allocate(bytes, false);
  return *memory || bytes == 0 ? cudaSuccess : cudaErrorMemoryAllocation;
}
inline cudaError_t cudaMallocManaged(void** memory, size_t bytes, unsigned) {
  *memory = graft::emulation::Gpu::allocate(bytes, true);
  return *memory ? cudaSuccess : cudaErrorMemoryAllocation;
}
inline cudaError_t cudaFree(void* memory) {
  if (memory) graft::emulation::Gpu::release(memory);
  return cudaSuccess;
}
inline cudaError_t cudaMallocHost(void** memory, size_t bytes) { return *memory = std::malloc(bytes), cudaSuccess; }
inline cudaError_t cudaFreeHost(void* memory) { return std::free(memory), cudaSuccess; }
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t) {
  if (bytes > 0) graft::emulation::Gpu::copy(to, from, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* memory, int byte, size_t bytes, cudaStream_t) {
  if (bytes > 0) graft::emulation::Gpu::fill(memory, byte, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) { return *stream = nullptr, cudaSuccess; }
inline cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return graft::emulation::Gpu::wait(), cudaSuccess; }
inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return *event = nullptr, cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
