// SPDX-License-Identifier: Apache-2.0
#include "train/update_rule.hpp"

namespace graft::inline v0 {
namespace {

class SgdRule final : public UpdateRule {
 public:
  SgdRule(const SGD& options, const RuleInput& input)
      : options_{{}, options.momentum, options.dampening, options.nesterov},
        parameter_(input.parameter.value),
        velocity_(input.zeros_if(options.momentum > 0)) {}

  void step(const Lane& lane, const Step& step, const float* gradient) override {
    SgdStep options = options_;
    options.step = step;
    lane.backend().kernels().sgd(lane.stream(), options, gradient, parameter_.data(), data_of(velocity_),
                                 int64_t(parameter_.size()));
  }
  std::vector<NamedTensor> state() const override { return present({{"velocity", velocity_}}); }

 private:
  SgdStep options_;
  Tensor parameter_, velocity_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_rule(const SGD& options, const RuleInput& input) {
  return std::make_unique<SgdRule>(options, input);
}

}  // namespace graft::inline v0
