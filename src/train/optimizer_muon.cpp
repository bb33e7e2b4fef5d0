// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "train/clipping.hpp"
#include "train/update_rule.hpp"

namespace graft::inline v0 {
namespace {

// A step of Newton and Schulz takes singular values s to a s + b s³ + c s⁵, which draws them to about 1 (Jordan 2024).
constexpr float kA = 3.4445f, kB = -4.775f, kC = 2.0315f;
constexpr float kLeastNorm = 1e-7f;

class MuonRule final : public UpdateRule {
 public:
  MuonRule(const Muon& options, const RuleInput& input)
      : options_(options),
        parameter_(input.parameter.value),
        velocity_(input.zeros_if(true)),
        memory_(input.memory),
        is_tall_(parameter_.rows() > parameter_.cols()) {}

  void step(const Lane& lane, const Step& step, const float* gradient) override {
    const Kernels& kernels = lane.backend().kernels();
    const auto count = int64_t(parameter_.size());
    Tensor direction(*memory_, parameter_.rows(), parameter_.cols());
    kernels.muon_direction(lane.stream(), step.scale, options_.momentum, options_.nesterov, gradient, velocity_.data(),
                           direction.data(), count);
    direction = orthogonal(lane, direction);
    const float stretch = this->stretch();
    const SgdStep move{.step = {.rate = step.rate * stretch, .weight_decay = step.weight_decay / stretch},
                       .momentum = 0,
                       .dampening = 0,
                       .nesterov = false};
    kernels.sgd(lane.stream(), move, direction.data(), parameter_.data(), nullptr, count);
  }
  std::vector<NamedTensor> state() const override { return {{"velocity", velocity_}}; }

 private:
  float stretch() const {
    const double rows = parameter_.rows(), cols = parameter_.cols();
    return float(options_.matches_adamw ? 0.2 * std::sqrt(std::max(rows, cols))
                                        : std::sqrt(std::max(1.0, rows / cols)));
  }

  // As bf16 has it.
  void round(const Lane& lane, const Tensor& x) const {
    const Kernels& kernels = lane.backend().kernels();
    const auto count = int64_t(x.size());
    const Tensor halves(*memory_, 1, int((count + 1) / 2));
    kernels.convert(lane.stream(), x.data(), Dtype::bf16, halves.data(), count);
    kernels.decode(lane.stream(), Dtype::bf16, halves.data(), x.data(), count);
  }

  // a x + (b g + c g²) x for g = x xᵀ, or with xᵀ x on the right of a tall x: the smaller square. What is multiplied is
  // rounded, as the published program does, so that fast products of bf16 give what exact ones do.
  Tensor iterated(const Lane& lane, const Tensor& x) const {
    const Kernels& kernels = lane.backend().kernels();
    const int rows = x.rows(), cols = x.cols(), side = std::min(rows, cols);
    const Tensor square(*memory_, side, side), polynomial(*memory_, side, side), y(*memory_, rows, cols);
    const auto multiply = [&](Operand a, Operand b, const Tensor& product, int inner, float alpha, bool add) {
      kernels.matmul(lane.stream(), Compute::bf16, a, b, product.data(), product.cols(), product.rows(), product.cols(),
                     inner, alpha, add);
      round(lane, product);
    };
    const auto scale = [&](const Tensor& from, float factor, const Tensor& to) {
      kernels.soft_cap(lane.stream(), from.data(), factor, 0, to.data(), int64_t(to.size()));
    };
    multiply({x.data(), cols, is_tall_}, {x.data(), cols, !is_tall_}, square, std::max(rows, cols), 1, false);
    scale(square, kB, polynomial);
    multiply({square.data(), side}, {square.data(), side}, polynomial, side, kC, true);
    scale(x, kA, y);
    const Operand of_x{x.data(), cols}, of_polynomial{polynomial.data(), side};
    multiply(is_tall_ ? of_x : of_polynomial, is_tall_ ? of_polynomial : of_x, y, side, 1, true);
    return y;
  }

  Tensor orthogonal(const Lane& lane, const Tensor& direction) const {
    const Kernels& kernels = lane.backend().kernels();
    const auto count = int64_t(direction.size());
    round(lane, direction);
    const Tensor norm(*memory_, 1, 1);
    norm.value() = float(std::sqrt(square_sum(lane, direction)));
    round(lane, norm);
    kernels.soft_cap(lane.stream(), direction.data(), 1 / std::max(norm.value(), kLeastNorm), 0, direction.data(),
                     count);
    round(lane, direction);
    Tensor x = direction;
    for (int i = 0; i < options_.iterations; ++i) x = iterated(lane, x);
    return x;
  }

  Muon options_;
  Tensor parameter_, velocity_;
  std::shared_ptr<Memory> memory_;
  bool is_tall_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_rule(const Muon& options, const RuleInput& input) {
  const Tensor& value = input.parameter.value;
  if (input.parameter.place.kind != Place::Kind::matrix || value.rows() == 1 || value.cols() == 1)
    return make_rule(AdamW{options.beta1, options.beta2, options.epsilon, options.weight_decay}, input);
  return std::make_unique<MuonRule>(options, input);
}

}  // namespace graft::inline v0
