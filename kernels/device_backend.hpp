// SPDX-License-Identifier: Apache-2.0
//
// A device whose memory the host cannot read, beside the Kernels that work in it. A call is ordered after all that were
// made before with the same Stream; upload and copy may return before they are done, download returns when it is.
#pragma once

#include "kernels.hpp"

namespace graft::inline v0 {

// What a call of a device throws: a kernel, an allocation or a copy.
struct DeviceFailure {
  bool is_memory = false;  // more than the budget, or than there is
  char message[320] = {};  // the call, its sizes, and what was said of it
};

struct DeviceMemory {
  // At least `bytes` of memory, aligned to 256 bytes. Memory that was released is kept for later calls.
  void* (*allocate)(const Stream&, size_t bytes);
  void (*release)(const Stream&, void* data);
  void (*upload)(const Stream&, const void* host, void* device, size_t bytes);  // the host may reuse its memory at once
  void (*download)(const Stream&, const void* device, void* host, size_t bytes);
  void (*copy)(const Stream&, const void* from, void* to, size_t bytes);
  void (*fill)(const Stream&, void* device, uint8_t byte, size_t bytes);
};

struct DeviceList {
  int count = 0;
  char missing[160] = {};  // why there is none
};

struct DeviceName {
  char text[300];  // name, architecture, memory
};

struct OpenOptions {
  int device = 0;
  size_t budget = 0;   // bytes of its memory at most; 0: what there is
  bool caches = true;  // released memory is kept for later calls
};

// Nothing here needs a driver to be linked or to start; without one there are no devices.
struct DeviceBackend {
  const Kernels* kernels;
  const DeviceMemory* memory;
  DeviceList (*devices)();
  DeviceName (*name)(int device);
  // A stream of the device, for one thread at a time. Throws DeviceFailure.
  Stream (*open)(const OpenOptions&);
  void (*close)(const Stream&);
};

// NVIDIA GPUs; null where this build leaves them out.
const DeviceBackend* cuda_backend();

}  // namespace graft::inline v0
