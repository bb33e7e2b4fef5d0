// SPDX-License-Identifier: Apache-2.0
//
// How one parameter changes, and what is kept for that. An optimizer's file, optimizer_NAME.cpp, makes one of its
// options.
#pragma once

#include "backend/backend.hpp"
#include "graft/optimizers.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

class UpdateRule {
 public:
  virtual ~UpdateRule() = default;
  virtual void step(const Lane& lane, const Step& step, const float* gradient) = 0;
  // All that the next step depends on, by names of their own.
  virtual std::vector<NamedTensor> state() const = 0;
};

struct RuleInput {
  const Parameter& parameter;
  std::shared_ptr<Memory> memory;

  Tensor zeros(int rows, int cols) const { return Tensor::zeros(*memory, rows, cols); }
  // As large as the parameter, or empty.
  Tensor zeros_if(bool wanted) const {
    return wanted ? zeros(parameter.value.rows(), parameter.value.cols()) : Tensor();
  }
};

std::unique_ptr<UpdateRule> make_rule(const AdamW& options, const RuleInput& input);
std::unique_ptr<UpdateRule> make_rule(const Adam& options, const RuleInput& input);
std::unique_ptr<UpdateRule> make_rule(const SGD& options, const RuleInput& input);
std::unique_ptr<UpdateRule> make_rule(const RMSprop& options, const RuleInput& input);
std::unique_ptr<UpdateRule> make_rule(const Adagrad& options, const RuleInput& input);
std::unique_ptr<UpdateRule> make_rule(const Adafactor& options, const RuleInput& input);
std::unique_ptr<UpdateRule> make_rule(const Lion& options, const RuleInput& input);
std::unique_ptr<UpdateRule> make_rule(const Muon& options, const RuleInput& input);
std::unique_ptr<UpdateRule> make_rule(const AdamW8bit& options, const RuleInput& input);

// Where the values are, null where there are none.
inline float* data_of(const Tensor& tensor) { return tensor ? tensor.data() : nullptr; }

// Those that are not empty.
inline std::vector<NamedTensor> present(std::vector<NamedTensor> tensors) {
  std::erase_if(tensors, [](const NamedTensor& tensor) { return !tensor.value; });
  return tensors;
}

}  // namespace graft::inline v0
