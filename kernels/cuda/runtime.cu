// SPDX-License-Identifier: Apache-2.0
//
// The streams of a queue: their device memory, and the way of the host's arrays to it. Memory goes from hand to hand in
// the order of the queue, so released blocks are handed out again at once, by size class; what the host brings goes
// through a pinned ring, each half of which is written again when the copies out of it are done.
#include <stdlib.h>
#include <string.h>

#include "cuda/queue.hpp"

namespace graft::inline v0::cuda {
namespace {

constexpr size_t kRingBytes = size_t{8} << 20, kHalf = kRingBytes / 2;

struct Block {
  void* data;
  size_t bytes;
  bool is_free;
};

struct Device {
  Queue& queue;
  StreamOptions options;
  cublasHandle_t cublas = nullptr;
  Block* blocks = nullptr;
  int block_count = 0, block_capacity = 0;
  size_t held = 0;
  char *host_ring = nullptr, *device_ring = nullptr;
  int half = 0;              // of the ring
  size_t used = 0;           // of that half
  cudaEvent_t left[2] = {};  // when the copies out of a half are done
};

Device& device_of(const Stream& stream) { return *static_cast<Device*>(stream.context); }

void check_cublas(cublasStatus_t code, const char* call) {
  if (code != CUBLAS_STATUS_SUCCESS) fail(false, call, 0, cublasGetStatusString(code));
}

// Eight classes between powers of two.
size_t size_class(size_t bytes) {
  size_t step = 256;
  while (step * 16 < bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

void free_unused(Device& device) {
  int kept = 0;
  for (int i = 0; i < device.block_count; ++i) {
    const Block& block = device.blocks[i];
    if (!block.is_free) {
      device.blocks[kept++] = block;
      continue;
    }
    cudaFree(block.data);
    device.held -= block.bytes;
  }
  device.block_count = kept;
}

void* take_new(Device& device, size_t bytes) {
  if (device.block_count == device.block_capacity) {
    const int capacity = device.block_capacity * 2 + 64;
    void* const grown = realloc(device.blocks, static_cast<size_t>(capacity) * sizeof(Block));
    if (!grown) fail(true, "allocate", bytes, "the host has no memory left");
    device.blocks = static_cast<Block*>(grown);
    device.block_capacity = capacity;
  }
  const size_t budget = device.options.budget;
  if (budget > 0 && device.held + bytes > budget) free_unused(device);
  if (budget > 0 && device.held + bytes > budget) fail(true, "allocate", bytes, "the budget is spent");
  void* data = nullptr;
  if (cudaMalloc(&data, bytes) != cudaSuccess) {
    cudaGetLastError();
    free_unused(device);
    check(cudaMalloc(&data, bytes), "cudaMalloc", bytes);
  }
  device.held += bytes;
  device.blocks[device.block_count++] = {data, bytes, false};
  return data;
}

void* allocate(const Stream& stream, size_t asked) {
  Device& device = device_of(stream);
  if (!device.options.caches) return take_new(device, asked > 0 ? asked : 1);
  const size_t bytes = size_class(asked);
  for (int i = 0; i < device.block_count; ++i) {
    Block& block = device.blocks[i];
    if (!block.is_free || block.bytes != bytes) continue;
    block.is_free = false;
    return block.data;
  }
  return take_new(device, bytes);
}

void release(const Stream& stream, void* data) {
  Device& device = device_of(stream);
  for (int i = 0; i < device.block_count; ++i)
    if (device.blocks[i].data == data) {
      device.blocks[i].is_free = true;
      if (!device.options.caches) free_unused(device);
      return;
    }
}

void copy(const Stream& stream, const void* from, void* to, size_t bytes) {
  shared_memory.copy(&device_of(stream).queue, from, to, bytes);
}

void download(const Stream& stream, const void* device, void* host, size_t bytes) {
  copy(stream, device, host, bytes);
  shared_memory.wait(&device_of(stream).queue);
}

// Room for `bytes` in the ring, not more than a half, as an offset.
size_t ring_room(Device& device, size_t bytes) {
  if (device.used + bytes > kHalf) {
    check(cudaEventRecord(device.left[device.half], device.queue.stream), "cudaEventRecord");
    device.half = 1 - device.half;
    device.used = 0;
    check(cudaEventSynchronize(device.left[device.half]), "cudaEventSynchronize");
  }
  const size_t at = static_cast<size_t>(device.half) * kHalf + device.used;
  device.used += (bytes + 255) / 256 * 256;
  return at;
}

void upload(const Stream& stream, const void* host, void* to, size_t bytes) {
  Device& device = device_of(stream);
  const char* from = static_cast<const char*>(host);
  for (size_t at = 0; at < bytes; at += kHalf) {
    const size_t piece = bytes - at < kHalf ? bytes - at : kHalf;
    char* const pinned = device.host_ring + ring_room(device, piece);
    memcpy(pinned, from + at, piece);
    copy(stream, pinned, static_cast<char*>(to) + at, piece);
  }
}

void destroy(Device* device) {
  cudaStreamSynchronize(device->queue.stream);
  for (int i = 0; i < device->block_count; ++i) cudaFree(device->blocks[i].data);
  free(device->blocks);
  for (cudaEvent_t event : device->left)
    if (event) cudaEventDestroy(event);
  cudaFree(device->device_ring);
  cudaFreeHost(device->host_ring);
  if (device->cublas) cublasDestroy(device->cublas);
  delete device;
}

void prepare(Device& device) {
  check_cublas(cublasCreate(&device.cublas), "cublasCreate");
  check_cublas(cublasSetStream(device.cublas, device.queue.stream), "cublasSetStream");
  void* ring = nullptr;
  check(cudaMallocHost(&ring, kRingBytes), "cudaMallocHost", kRingBytes);
  device.host_ring = static_cast<char*>(ring);
  check(cudaMalloc(&ring, kRingBytes), "cudaMalloc", kRingBytes);
  device.device_ring = static_cast<char*>(ring);
  for (cudaEvent_t& event : device.left)
    check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreate");
}

Stream open(void* queue, const StreamOptions& options) {
  Device* const device = new Device{*static_cast<Queue*>(queue), options};
  const Stream stream = {.context = device};
  try {
    queue_of(stream);
    prepare(*device);
  } catch (...) {
    destroy(device);
    throw;
  }
  return stream;
}

void close(const Stream& stream) { destroy(&device_of(stream)); }

}  // namespace

const DeviceMemory memory = {
    .allocate = allocate, .release = release, .upload = upload, .download = download, .copy = copy};
const DeviceBackend backend = {.kernels = &table,
                               .shared = &shared_memory,
                               .memory = &memory,
                               .collective = &collective,
                               .devices = devices,
                               .name = name_of,
                               .open_queue = open_queue,
                               .close_queue = close_queue,
                               .open = open,
                               .close = close};

// The calling thread's device is that of the queue from then on.
Queue& queue_of(const Stream& stream) {
  Queue& queue = device_of(stream).queue;
  check(cudaSetDevice(queue.device), "cudaSetDevice", static_cast<size_t>(queue.device));
  return queue;
}
cublasHandle_t cublas(const Stream& stream) { return device_of(stream).cublas; }

const void* stage_bytes(const Stream& stream, const void* host, size_t bytes) {
  if (bytes > kHalf) fail(true, "stage", bytes, "a list is longer than the ring takes");
  Device& device = device_of(stream);
  const size_t at = ring_room(device, bytes);
  if (bytes > 0) memcpy(device.host_ring + at, host, bytes);
  copy(stream, device.host_ring + at, device.device_ring + at, bytes);
  return device.device_ring + at;
}

}  // namespace graft::inline v0::cuda
