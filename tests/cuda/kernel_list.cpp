// SPDX-License-Identifier: Apache-2.0
#include "support/kernel_list.hpp"

#include "cuda/mirrored.hpp"

namespace graft {

std::span<const Kernels* const> kernel_list() {
  static const Kernels* const tables[] = {&mirrored_cuda()};
  return tables;
}

}  // namespace graft
