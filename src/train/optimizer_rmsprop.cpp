// SPDX-License-Identifier: Apache-2.0
#include "train/update_rule.hpp"

namespace graft::inline v0 {
namespace {

class RmspropRule final : public UpdateRule {
 public:
  RmspropRule(const RMSprop& options, const RuleInput& input)
      : options_{{}, options.decay, options.epsilon, options.momentum},
        parameter_(input.parameter.value),
        square_(input.zeros_if(true)),
        mean_(input.zeros_if(options.centered)),
        velocity_(input.zeros_if(options.momentum > 0)) {}

  void step(const Lane& lane, const Step& step, const float* gradient) override {
    RmspropStep options = options_;
    options.step = step;
    lane.backend().kernels().rmsprop(lane.stream(), options, gradient, parameter_.data(), square_.data(),
                                     data_of(mean_), data_of(velocity_), int64_t(parameter_.size()));
  }
  std::vector<NamedTensor> state() const override {
    return present({{"square", square_}, {"mean", mean_}, {"velocity", velocity_}});
  }

 private:
  RmspropStep options_;
  Tensor parameter_, square_, mean_, velocity_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_rule(const RMSprop& options, const RuleInput& input) {
  return std::make_unique<RmspropRule>(options, input);
}

}  // namespace graft::inline v0
