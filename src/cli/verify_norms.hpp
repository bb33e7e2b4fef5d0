// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verify_passes.hpp"

namespace graft::inline v0 {

// Compares the norms of all weights' tensors, of their gradients or values, with an object of the JSON. `gradients` are
// the norms of the model's gradients: one that is a rounding error of the others has nothing to compare.
struct NormKind {
  std::string name;  // "grad_norms"
  double tolerance;  // relative
};
void compare_norms(const GoldenModel& model, const JsonObject& json, const Json& gradients, const NormKind& kind,
                   const std::function<std::span<const float>(const Weight&)>& values, Comparison& comparison);

}  // namespace graft::inline v0
