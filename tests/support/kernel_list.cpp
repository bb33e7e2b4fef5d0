// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_list.hpp"

namespace graft {

std::span<const Kernels* const> kernel_list() {
  const KernelTables all = kernel_tables();
  return {all.tables, static_cast<size_t>(all.count)};
}

}  // namespace graft
