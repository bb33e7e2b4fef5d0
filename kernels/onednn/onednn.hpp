// SPDX-License-Identifier: Apache-2.0
//
// Products by oneDNN, behind the same table. Other entries, and products that oneDNN has no fast kernel for, are those
// of another table.
#pragma once

#include "kernels.hpp"

namespace graft::inline v0::onednn {

// `base` with oneDNN's products, named "cpu/avx512_bf16+onednn" after it. One table a process: `base` of the first call
// counts.
const Kernels& table(const Kernels& base);

// Whether the system has oneDNN; loads it.
bool is_there();

}  // namespace graft::inline v0::onednn
