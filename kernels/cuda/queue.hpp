// SPDX-License-Identifier: Apache-2.0
//
// Devices and their queues.
#pragma once

#include "cuda/runtime.hpp"

namespace graft::inline v0::cuda {

DeviceList devices();
DeviceName name_of(int device);
void* open_queue(int device);
void close_queue(void* queue);

}  // namespace graft::inline v0::cuda
