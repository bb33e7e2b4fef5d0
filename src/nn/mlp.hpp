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
  Dtype input_dtype(const Run& run, int rows) const { return graft::input_dtype(run, rows, up_); }

  // Its two products and what lies between them, for MLPs side by side.
  std::span<const Projection> up() const { return up_; }
  Tensor inner(Run& run, const std::vector<Tensor>& up, Dtype dtype) const;
  std::span<const Projection> down() const { return {&down_, 1}; }

 private:
  MlpConfig config_;
  std::vector<Projection> up_;  // gate and up, or one
  Projection down_;
};

}  // namespace graft::inline v0
