// SPDX-License-Identifier: Apache-2.0
#include "train/finite.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

bool is_finite(const Tensor& tensor) {
  return std::ranges::all_of(tensor.values(), [](float value) { return std::isfinite(value); });
}

// The first of some tensors that is not finite, by name; empty: all are.
template <class Named, class TensorOf>
std::string first_not_finite(const std::vector<Named>& all, const TensorOf& tensor_of) {
  for (const Named& one : all)
    if (const Tensor* tensor = tensor_of(one); tensor && !is_finite(*tensor)) return one.name;
  return {};
}

}  // namespace

std::string not_finite(double loss, const Gradients& gradients, const Trainable& trainable) {
  const std::string gradient = first_not_finite(trainable.parameters, [&](const Parameter& one) {
    return gradients.reached(one.value) ? &gradients.of(one.value) : nullptr;
  });
  const std::string what = !std::isfinite(loss) ? message("the loss is ", loss)
                           : !gradient.empty()  ? message("the gradient of ", gradient, " is not finite")
                                                : "the norm of the gradient is not finite";
  std::string culprit = first_not_finite(trainable.parameters, [](const Parameter& one) { return &one.value; });
  if (culprit.empty()) culprit = first_not_finite(trainable.running, [](const NamedTensor& one) { return &one.value; });
  if (!culprit.empty()) return message(what, ", for ", culprit, " has values that are not finite");
  if (!std::isfinite(loss) && !gradient.empty()) return message(what, ", as is the gradient of ", gradient);
  return what;
}

RunningValues::RunningValues(std::vector<NamedTensor> values, Memory& memory) : values_(std::move(values)) {
  for (const auto& [name, value] : values_) kept_.emplace_back(memory, value.rows(), value.cols());
}

void RunningValues::keep() {
  for (size_t i = 0; i < kept_.size(); ++i) kept_[i].assign(values_[i].value);
}

void RunningValues::put_back() {
  for (size_t i = 0; i < kept_.size(); ++i) values_[i].value.assign(kept_[i]);
}

}  // namespace graft::inline v0
