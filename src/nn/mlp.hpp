// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/config.hpp"
#include "nn/parameters.hpp"

namespace graft::inline v0 {

// down(silu(gate(x)) * up(x)) (Shazeer 2020).
class GatedMlp {
 public:
  GatedMlp(Parameters& parameters, const std::string& module, const TransformerConfig& config);
  Tensor operator()(Run& run, const Tensor& x) const;

 private:
  Projection gate_up_[2];
  Projection down_;
};

}  // namespace graft::inline v0
