// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device_backend.hpp"

namespace graft::inline v0::cuda {

extern const Kernels table;
extern const SharedMemory shared_memory;
extern const DeviceMemory memory;
extern const DeviceCollective collective;
extern const DeviceBackend backend;

}  // namespace graft::inline v0::cuda
