// SPDX-License-Identifier: Apache-2.0
//
// Devices, their queues, and the memory that host and device share: CUDA's managed memory, whose pages go to whoever
// touches them. Its addresses hold on both sides, so the library has one kind of tensor; what only kernels touch stays
// on the device.
#include "cuda/queue.hpp"

#include <stdio.h>

#include "graft/error.hpp"

namespace graft::inline v0::cuda {
namespace {

Queue& as_queue(void* queue) { return *static_cast<Queue*>(queue); }

void select(const Queue& queue) { check(cudaSetDevice(queue.device), "cudaSetDevice", size_t(queue.device)); }

void* allocate(void* queue, size_t bytes) {
  select(as_queue(queue));
  void* data = nullptr;
  check(cudaMallocManaged(&data, bytes > 0 ? bytes : 1, cudaMemAttachGlobal), "cudaMallocManaged", bytes);
  return data;
}

void release(void*, void* data) { cudaFree(data); }

void copy(void* to_queue, const void* from, void* to, size_t bytes) {
  if (bytes == 0) return;
  Queue& queue = as_queue(to_queue);
  select(queue);
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, queue.stream), "cudaMemcpyAsync", bytes);
  note(queue);
}

void fill(void* to_queue, void* data, uint8_t byte, size_t bytes) {
  if (bytes == 0) return;
  Queue& queue = as_queue(to_queue);
  select(queue);
  check(cudaMemsetAsync(data, byte, bytes, queue.stream), "cudaMemsetAsync", bytes);
  note(queue);
}

// Work that is noted was queued before, so it is done after the wait; a later count of another thread stays.
void wait(void* of_queue) {
  Queue& queue = as_queue(of_queue);
  const uint64_t queued = __atomic_load_n(&queue.queued, __ATOMIC_ACQUIRE);
  uint64_t done = __atomic_load_n(&queue.done, __ATOMIC_ACQUIRE);
  if (done >= queued) return;
  check(cudaStreamSynchronize(queue.stream), "cudaStreamSynchronize");
  while (done < queued &&
         !__atomic_compare_exchange_n(&queue.done, &done, queued, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE)) {
  }
}

// Throws unless host and device may use one allocation by turns.
void check_sharing(int device) {
  int shares = 0;
  check(cudaDeviceGetAttribute(&shares, cudaDevAttrConcurrentManagedAccess, device), "cudaDeviceGetAttribute",
        size_t(device));
  if (!shares) fail(false, "open", size_t(device), "this GPU and system do not share memory (concurrentManagedAccess)");
}

}  // namespace

const SharedMemory shared_memory = {.allocate = allocate, .release = release, .copy = copy, .fill = fill, .wait = wait};

void note(Queue& queue) { __atomic_fetch_add(&queue.queued, 1, __ATOMIC_RELEASE); }

DeviceList devices() {
  DeviceList found;
  int driver = 0;
  const cudaError_t asked = cudaDriverGetVersion(&driver);
  if (asked == cudaSuccess && driver == 0) {
    snprintf(found.missing, sizeof(found.missing), "there is no NVIDIA driver (libcuda.so.1)");
    return found;
  }
  const cudaError_t counted = cudaGetDeviceCount(&found.count);
  if (counted == cudaSuccess && found.count > 0) return found;
  cudaGetLastError();
  found.count = 0;
  snprintf(found.missing, sizeof(found.missing), "there is no GPU: %s (driver for CUDA %d.%d)",
           counted == cudaSuccess ? "the driver names none" : cudaGetErrorString(counted), driver / 1000,
           driver % 1000 / 10);
  return found;
}

DeviceName name_of(int device) {
  DeviceName name;
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties", size_t(device));
  snprintf(name.text, sizeof(name.text), "%s, sm_%d%d, %zu MiB", properties.name, properties.major, properties.minor,
           properties.totalGlobalMem >> 20);
  return name;
}

void* open_queue(int device) {
  const DeviceList found = devices();
  if (found.count == 0) fail(false, "open", size_t(device), found.missing);
  check(cudaSetDevice(device), "cudaSetDevice", size_t(device));
  check_sharing(device);
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  return new Queue{device, stream, 0, 0};
}

void close_queue(void* queue) {
  cudaStreamSynchronize(as_queue(queue).stream);
  cudaStreamDestroy(as_queue(queue).stream);
  delete static_cast<Queue*>(queue);
}

void fail(bool is_memory, const char* call, size_t size, const char* reason) {
  char message[320];
  snprintf(message, sizeof(message), "cuda: %s of %zu: %s", call, size, reason);
  if (is_memory) throw ResourceError(message);
  throw Error(message);
}

void check(cudaError_t code, const char* call, size_t size) {
  if (code != cudaSuccess) fail(code == cudaErrorMemoryAllocation, call, size, cudaGetErrorString(code));
}

}  // namespace graft::inline v0::cuda
