// SPDX-License-Identifier: Apache-2.0
#include "train/update_rule.hpp"

namespace graft::inline v0 {
namespace {

class AdamRule final : public UpdateRule {
 public:
  template <class Options>
  AdamRule(const Options& options, bool is_decoupled, const RuleInput& input)
      : options_{{}, options.beta1, options.beta2, options.epsilon, is_decoupled},
        parameter_(input.parameter.value),
        mean_(input.zeros_if(true)),
        variance_(input.zeros_if(true)),
        largest_(input.zeros_if(options.amsgrad)) {}

  void step(const Lane& lane, const Step& step, const float* gradient) override {
    AdamStep options = options_;
    options.step = step;
    lane.backend().kernels().adam(lane.stream(), options, gradient, parameter_.data(), mean_.data(), variance_.data(),
                                  data_of(largest_), int64_t(parameter_.size()));
  }
  std::vector<NamedTensor> state() const override {
    return present({{"mean", mean_}, {"variance", variance_}, {"largest", largest_}});
  }

 private:
  AdamStep options_;
  Tensor parameter_, mean_, variance_, largest_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_rule(const AdamW& options, const RuleInput& input) {
  return std::make_unique<AdamRule>(options, true, input);
}

std::unique_ptr<UpdateRule> make_rule(const Adam& options, const RuleInput& input) {
  return std::make_unique<AdamRule>(options, false, input);
}

}  // namespace graft::inline v0
