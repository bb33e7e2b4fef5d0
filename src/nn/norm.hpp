// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/config.hpp"
#include "nn/parameters.hpp"

namespace graft::inline v0 {

// A norm of rows; none where it was made without parameters.
class Norm {
 public:
  Norm() = default;
  Norm(Parameters& parameters, const std::string& module, const NormConfig& config, int width)
      : config_(config),
        gain_(parameters.vector(module + ".weight", width)),
        bias_(config.bias ? parameters.vector(module + ".bias", width) : nullptr) {}

  explicit operator bool() const { return gain_ != nullptr; }

  // `dtype`: of the result, as the operations say.
  Tensor operator()(Run& run, const Tensor& x, Dtype dtype = Dtype::f32) const {
    if (!gain_) return x;
    return config_.kind == NormConfig::Kind::rms ? rms_norm(run, x, *gain_, config_.epsilon, config_.offset, dtype)
                                                 : layer_norm(run, x, *gain_, bias_, config_.epsilon, dtype);
  }

 private:
  NormConfig config_;
  const Weight* gain_ = nullptr;
  const Weight* bias_ = nullptr;
};

}  // namespace graft::inline v0
