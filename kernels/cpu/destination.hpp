// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cpu/pack.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// The element of y from i on.
inline void store(const Destination& y, int64_t i, Vec v, int lanes) {
  if (y.halves)
    store(y.halves + i, round_bf16(v), lanes);
  else
    store(y.data + i, v, lanes);
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
