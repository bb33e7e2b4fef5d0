// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/config.hpp"
#include "nn/parameters.hpp"

namespace graft::inline v0 {

// down(act(gate(x)) * up(x)) (Shazeer 2020), or down(act(up(x))) where it is not gated.
class Mlp {
 public:
  Mlp(Parameters& parameters, const std::string& module, const MlpConfig& config, int model_width, int width);
  Tensor operator()(Run& run, const Tensor& x) const;

 private:
  Tensor inner(Run& run, const Tensor& x) const;

  MlpConfig config_;
  std::vector<Projection> up_;  // gate and up, or one
  Projection down_;
};

}  // namespace graft::inline v0
