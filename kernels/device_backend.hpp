// SPDX-License-Identifier: Apache-2.0
//
// A device beside the host, and the Kernels that work in its memory. All work of a device goes through a queue, in the
// order in which it is given, by whichever thread; calls return before their work is done unless they say otherwise.
// Failures are graft::Error, or ResourceError where memory is spent.
#pragma once

#include "kernels.hpp"

namespace graft::inline v0 {

// Memory that the host reads and writes at the same addresses, while no queued work uses it: tensors and weights.
struct SharedMemory {
  void* (*allocate)(void* queue, size_t bytes);  // aligned to 256 bytes
  void (*release)(void* queue, void* data);      // work that uses it is done first
  void (*copy)(void* queue, const void* from, void* to, size_t bytes);
  void (*fill)(void* queue, void* data, uint8_t byte, size_t bytes);
  void (*wait)(void* queue);  // returns when all work that was queued is done
};

// Memory that only the device reaches: what kernels need while they run, and where the host brings what they read.
struct DeviceMemory {
  // At least `bytes` of memory, aligned to 256 bytes. Memory that was released is kept for later calls.
  void* (*allocate)(const Stream&, size_t bytes);
  void (*release)(const Stream&, void* data);
  void (*upload)(const Stream&, const void* host, void* device, size_t bytes);  // the host may reuse its memory at once
  void (*download)(const Stream&, const void* device, void* host, size_t bytes);
  void (*copy)(const Stream&, const void* from, void* to, size_t bytes);
};

// Sums over the devices of several processes or threads, a rank each. `open` is null where the build has none.
struct DeviceCollective {
  void (*make_key)(char (&key)[128]);  // by which the ranks find each other
  // Returns when all ranks have come.
  void* (*open)(void* queue, const char (&key)[128], int rank, int ranks);
  void (*close)(void* collective, bool waits);  // `waits`: for what is queued; else what waits fails
  // In place and queued; all ranks in one order. `is_wide`: doubles, else floats.
  void (*sum)(void* collective, void* values, size_t count, bool is_wide);
};

struct DeviceList {
  int count = 0;
  char missing[160] = {};  // why there is none
};

struct DeviceName {
  char text[300];  // name, architecture, memory
};

struct StreamOptions {
  size_t budget = 0;   // bytes of device memory at most; 0: what there is
  bool caches = true;  // released memory is kept for later calls
};

// Nothing here needs a driver to be linked or to start; without one there are no devices.
struct DeviceBackend {
  const Kernels* kernels;
  const SharedMemory* shared;
  const DeviceMemory* memory;
  const DeviceCollective* collective;
  DeviceList (*devices)();
  DeviceName (*name)(int device);
  void* (*open_queue)(int device);
  void (*close_queue)(void* queue);  // its streams are closed
  // One thread's way into a queue.
  Stream (*open)(void* queue, const StreamOptions&);
  void (*close)(const Stream&);
};

// NVIDIA GPUs; null where this build leaves them out.
const DeviceBackend* cuda_backend();

}  // namespace graft::inline v0
