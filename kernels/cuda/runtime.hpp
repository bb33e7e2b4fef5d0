// SPDX-License-Identifier: Apache-2.0
//
// What the launchers of kernels need of the runtime: the queue, temporary device memory, and arrays of the host brought
// to the device.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <stdlib.h>

#include "cuda/cuda.hpp"

namespace graft::inline v0::cuda {

// Throws unless the code is a success.
void check(cudaError_t code, const char* call, size_t size = 0);
[[noreturn]] void fail(bool is_memory, const char* call, size_t size, const char* reason);

// One device's work, in order. The counts are of what was queued, and of that what is known to be done.
struct Queue {
  int device;
  cudaStream_t stream;
  uint64_t queued, done;
};
// To be called after each piece of work that was given to the queue.
void note(Queue&);
Queue& queue_of(const Stream&);
cublasHandle_t cublas(const Stream&);

// Device memory until the end of the scope. The kernels that use it may still run then: whoever gets it next is ordered
// after them.
template <class T>
class Temporary {
 public:
  Temporary(const Stream& stream, int64_t count)
      : stream_(stream),
        data_(count > 0 ? static_cast<T*>(memory.allocate(stream, static_cast<size_t>(count) * sizeof(T))) : nullptr) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (data_) memory.release(stream_, data_);
  }
  T* get() const { return data_; }

 private:
  const Stream& stream_;
  T* data_;
};

// Memory of the host, for what a launcher prepares.
template <class T>
class HostArray {
 public:
  explicit HostArray(int64_t count) : data_(static_cast<T*>(malloc(static_cast<size_t>(count + 1) * sizeof(T)))) {
    if (!data_) fail(true, "malloc", static_cast<size_t>(count) * sizeof(T), "the host has no memory left");
  }
  HostArray(const HostArray&) = delete;
  HostArray& operator=(const HostArray&) = delete;
  ~HostArray() { free(data_); }
  T& operator[](int64_t i) const { return data_[i]; }
  T* get() const { return data_; }

 private:
  T* data_;
};

// A copy of an array of the host, for the kernels of this call.
const void* stage_bytes(const Stream&, const void* host, size_t bytes);
template <class T>
const T* stage(const Stream& stream, const T* host, int64_t count) {
  return host ? static_cast<const T*>(stage_bytes(stream, host, static_cast<size_t>(count) * sizeof(T))) : nullptr;
}

// The value, when it is there.
template <class T>
T fetch(const Stream& stream, const T* device) {
  T value;
  memory.download(stream, device, &value, sizeof(T));
  return value;
}

}  // namespace graft::inline v0::cuda
