// SPDX-License-Identifier: Apache-2.0
//
// Which tables this build holds and this processor can run.
#include "kernels.hpp"

namespace graft::inline v0 {

KernelTables kernel_tables() { return {nullptr, 0}; }

}  // namespace graft::v0
