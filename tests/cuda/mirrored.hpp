// SPDX-License-Identifier: Apache-2.0
//
// The CUDA table for callers whose data lies in host memory: each call brings the blocks of memory that its pointers
// lead to onto the device, runs there, and brings back those that it may write. So the tests of kernels, and the whole
// library, run on it as they do on any CPU table.
#pragma once

#include "kernels.hpp"

namespace graft {

const Kernels& mirrored_cuda();

// The stream that it works on.
const Stream& cuda_test_stream();

}  // namespace graft
