// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "tensor/run.hpp"

namespace graft::inline v0 {

// A part of the network as a function of its input.
using BlockFunction = std::function<Tensor(Run&, const Tensor& x)>;

// block(run, x), of which only x is kept for the backward pass.
Tensor recompute(Run& run, const Tensor& x, BlockFunction block);

}  // namespace graft::inline v0
