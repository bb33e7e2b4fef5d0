// SPDX-License-Identifier: Apache-2.0
//
// What the kernels of optimizers share: one pass over a parameter and what belongs to it, value by value.
#pragma once

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

// body(i, lanes) for each vector of [0, count); `cost` elements of work stand behind each element.
template <class Body>
void parallel_vectors(const Stream& stream, int64_t count, int64_t cost, const Body& body) {
  parallel_ranges(stream, count, cost, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) { body(begin + i, lanes); });
  });
}

// The gradient that a step of a rule without decoupled decay sees.
inline Vec decayed_gradient(const Step& step, const float* gradient, const float* parameter, int lanes) {
  return load(gradient, lanes) * step.scale + load(parameter, lanes) * step.weight_decay;
}

// What decoupled decay leaves of a parameter.
inline float kept_share(const Step& step) { return 1 - step.rate * step.weight_decay; }

}  // namespace graft::inline v0::cpu::GRAFT_ISA
