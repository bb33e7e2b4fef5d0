// SPDX-License-Identifier: Apache-2.0
#include "train/update_rule.hpp"

namespace graft::inline v0 {
namespace {

class LionRule final : public UpdateRule {
 public:
  LionRule(const Lion& options, const RuleInput& input)
      : options_(options), parameter_(input.parameter.value), mean_(input.zeros_if(true)) {}

  void step(const Lane& lane, const Step& step, const float* gradient) override {
    lane.backend().kernels().lion(lane.stream(), step, options_.beta1, options_.beta2, gradient, parameter_.data(),
                                  mean_.data(), int64_t(parameter_.size()));
  }
  std::vector<NamedTensor> state() const override { return {{"mean", mean_}}; }

 private:
  Lion options_;
  Tensor parameter_, mean_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_rule(const Lion& options, const RuleInput& input) {
  return std::make_unique<LionRule>(options, input);
}

}  // namespace graft::inline v0
