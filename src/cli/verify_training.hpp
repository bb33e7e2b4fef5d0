// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verify_passes.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// A trained parameter under its name in the goldens.
struct GoldenName {
  std::string name;
  bool transposed = false;  // the goldens have its columns as rows
};

// Repeats a training run: steps over the whole batch as "train" in the goldens' JSON says, the outputs compared under
// `prefix`: loss, grad_norm and lr of each step, final_loss and final.NAME. `names`: of the parameters.
// Returns the losses.
std::vector<float> compare_training(GoldenModel& model, const Trainable& trainable, std::span<const GoldenName> names,
                                    const Edits* edits, const JsonObject& settings, const std::string& prefix,
                                    Comparison& comparison);

}  // namespace graft::inline v0
