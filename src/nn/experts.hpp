// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "nn/mlp.hpp"
#include "nn/stack_pass.hpp"

namespace graft::inline v0 {

// MLPs of which each token takes a few, chosen by a router (Shazeer et al. 2017; Jiang et al. 2024), and perhaps one
// that every token takes.
class Experts {
 public:
  Experts(Parameters& parameters, const std::string& module, const MlpConfig& config, int model_width);
  Tensor operator()(Run& run, const Tensor& x, const StackPass& pass) const;

 private:
  Tensor shared(Run& run, const Tensor& x) const;

  ExpertsConfig config_;
  Projection router_;
  std::vector<Mlp> experts_;
  std::optional<Mlp> shared_;
  Projection shared_gate_;
};

}  // namespace graft::inline v0
