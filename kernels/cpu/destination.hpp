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

// What a gradient has there, before a kernel adds to it. It is loaded ahead of a product that is added: a branch between
// the product and the sum would keep compilers from joining the two into one rounding, for some callers and not for
// others.
inline Vec load(const GradientSum& sum, int64_t i, int lanes) {
  return sum.is_unset ? Vec{} : load(sum.data + i, lanes);
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
