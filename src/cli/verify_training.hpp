// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verify_passes.hpp"

namespace graft::inline v0 {

// What a run trains: a parameter under its name in the goldens, and the weight that is packed anew after a step, if
// any.
struct Trained {
  std::string name;
  Tensor parameter;
  Weight* weight = nullptr;
  Layout layout = Layout::same;  // of the weight in the checkpoint
};

// Repeats a training run: steps over the whole batch as "train" in the goldens' JSON says, the outputs compared under
// `prefix`: loss, grad_norm and lr of each step, final_loss and final.NAME.
void compare_training(GoldenModel& model, std::span<const Trained> trained, const Edits* edits,
                      const JsonObject& settings, const std::string& prefix, Comparison& comparison);

}  // namespace graft::inline v0
