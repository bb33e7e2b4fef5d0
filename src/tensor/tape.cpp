// SPDX-License-Identifier: Apache-2.0
#include "tensor/tape.hpp"

#include <algorithm>

namespace graft::inline v0 {

bool Tape::watches(const Tensor& tensor) const {
  const Shape* identity = tensor.identity().get();
  return identity &&
         (leaves_.watches(identity) || gradients_.contains(identity) || (outer_ && outer_->watches(tensor)));
}

bool Tape::watches_any(std::initializer_list<Tensor> tensors) const {
  return std::any_of(tensors.begin(), tensors.end(), [&](const Tensor& tensor) { return watches(tensor); });
}

void Tape::record(std::vector<Identity> outputs, std::function<void(Tape&)> backward, bool rounds) {
  for (const Identity& output : outputs) gradients_.emplace(output.get(), Gradient{.is_rounded = rounds});
  steps_.push_back({std::move(outputs), std::move(backward)});
}

Tensor Tape::upstream(const Identity& output) const {
  const auto found = gradients_.find(output.get());
  return found == gradients_.end() ? Tensor() : found->second.sum;
}

GradientSum Tape::sum(const Identity& input) {
  if (const GradientSum leaf = leaves_.reach_unset(input.get())) return leaf;
  const auto found = gradients_.find(input.get());
  if (found == gradients_.end()) return outer_ ? outer_->sum(input) : nullptr;
  Tensor& sum = found->second.sum;
  const bool is_unset = !sum;
  if (is_unset) sum = Tensor(*memory_, input->rows, input->cols);
  if (sum.dtype() != Dtype::f32) sum = widened(sum);
  return {sum.data(), is_unset};
}

GradientSum Tape::rounded_sum(const Identity& input) {
  const auto found = gradients_.find(input.get());
  if (found == gradients_.end() || !found->second.is_rounded || found->second.sum) return sum(input);
  found->second.sum = Tensor(*memory_, input->rows, input->cols, Dtype::bf16);
  return GradientSum(found->second.sum.destination());
}

Tensor Tape::widened(const Tensor& bf16) const {
  Tensor floats(*memory_, bf16.rows(), bf16.cols());
  lane_.backend().kernels().decode(lane_.stream(), bf16.dtype(), bf16.halves(), floats.data(), int64_t(bf16.size()));
  return floats;
}

float* Tape::gradient(const Identity& input) {
  const GradientSum sum = this->sum(input);
  if (sum.is_unset) memory_->clear(sum.data, size_t(input->rows) * size_t(input->cols));
  return sum.data;
}

void Tape::add_gradient(const Identity& input, Tensor gradient) {
  const auto found = gradients_.find(input.get());
  if (found != gradients_.end() && !found->second.sum) {
    found->second.sum = std::move(gradient);
  } else if (const GradientSum sum = this->sum(input)) {
    lane_.backend().kernels().accumulate(lane_.stream(), gradient.data(), 1, sum, int64_t(gradient.size()));
  }
}

Tape Tape::nested(const Tensor& x) {
  Tape tape(leaves_, memory_, lane_);
  tape.outer_ = this;
  if (watches(x)) tape.watch(x);
  return tape;
}

void Tape::backward(const Tensor& loss) {
  Tensor one(*memory_, 1, 1);
  one.value() = 1;
  backward(loss, one);
}

void Tape::backward(const Tensor& y, const Tensor& dy) {
  add_gradient(y.identity(), dy);
  while (!steps_.empty()) {
    const Step step = std::move(steps_.back());
    steps_.pop_back();
    const auto reached = [&](const Identity& output) { return bool(upstream(output)); };
    if (std::any_of(step.outputs.begin(), step.outputs.end(), reached)) step.backward(*this);
    for (const Identity& output : step.outputs) gradients_.erase(output.get());
  }
}

}  // namespace graft::inline v0
