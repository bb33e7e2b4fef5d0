// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "train/update_rule.hpp"

namespace graft::inline v0 {
namespace {

class AdagradRule final : public UpdateRule {
 public:
  AdagradRule(const Adagrad& options, const RuleInput& input)
      : options_(options), parameter_(input.parameter.value), sum_(input.zeros_if(true)) {
    std::ranges::fill(sum_.values(), options.initial_sum);
  }

  void step(const Lane& lane, const Step& step, const float* gradient) override {
    Step slower = step;
    slower.rate = float(step.rate / (1 + (step.number - 1.0) * options_.rate_decay));
    lane.backend().kernels().adagrad(lane.stream(), slower, options_.epsilon, gradient, parameter_.data(), sum_.data(),
                                     int64_t(parameter_.size()));
  }
  std::vector<NamedTensor> state() const override { return {{"sum", sum_}}; }

 private:
  Adagrad options_;
  Tensor parameter_, sum_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_rule(const Adagrad& options, const RuleInput& input) {
  return std::make_unique<AdagradRule>(options, input);
}

}  // namespace graft::inline v0
