// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/named_tensor.hpp"

namespace graft::inline v0 {

// A tensor of an adapter as PEFT's file has it.
struct AdapterTensor {
  std::string name;  // "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
  Tensor value;
  std::vector<int64_t> shape;
  bool transposed = false;  // the file has its columns as rows

  static AdapterTensor matrix(std::string name, const Tensor& value) {
    return {std::move(name), value, {value.rows(), value.cols()}};
  }
  static AdapterTensor vector(std::string name, const Tensor& value) {
    return {std::move(name), value, {int64_t(value.size())}};
  }
};

// What PEFT puts before the names of the model, where the model's modules are wrapped, and where they are not.
inline const std::string kPeftPrefix = "base_model.model.", kUnwrappedPrefix = "base_model.";

}  // namespace graft::inline v0
