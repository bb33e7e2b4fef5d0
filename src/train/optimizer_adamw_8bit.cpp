// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "train/update_rule.hpp"

namespace graft::inline v0 {
namespace {

// Below this the bytes would save nothing worth their rounding (Dettmers et al. 2022).
constexpr size_t kSmall = 4096;
constexpr int kZeroMean = 127;  // the code of 0 among those with a sign

// One moment of a parameter: four codes lie in the place of a float, which nobody reads as one.
struct Moment {
  Tensor codes, largest;

  Moment(const RuleInput& input, int zero)
      : codes(input.zeros(1, int((input.parameter.value.size() + 3) / 4))),
        largest(input.zeros(1, int((int64_t(input.parameter.value.size()) + kMomentBlock - 1) / kMomentBlock))) {
    std::ranges::fill(std::as_writable_bytes(codes.values()), std::byte(zero));
  }
  ByteMoments bytes() const { return {reinterpret_cast<uint8_t*>(codes.data()), largest.data()}; }
};

class AdamW8bitRule final : public UpdateRule {
 public:
  AdamW8bitRule(const AdamW8bit& options, const RuleInput& input)
      : options_{{}, options.beta1, options.beta2, options.epsilon, true},
        parameter_(input.parameter.value),
        mean_(input, kZeroMean),
        variance_(input, 0) {}

  void step(const Lane& lane, const Step& step, const float* gradient) override {
    AdamStep options = options_;
    options.step = step;
    lane.backend().kernels().adam_8bit(lane.stream(), options, gradient, parameter_.data(), mean_.bytes(),
                                       variance_.bytes(), int64_t(parameter_.size()));
  }
  std::vector<NamedTensor> state() const override {
    return {{"mean", mean_.codes},
            {"mean_largest", mean_.largest},
            {"variance", variance_.codes},
            {"variance_largest", variance_.largest}};
  }

 private:
  AdamStep options_;
  Tensor parameter_;
  Moment mean_, variance_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_rule(const AdamW8bit& options, const RuleInput& input) {
  if (input.parameter.value.size() < kSmall || input.parameter.place.kind != Place::Kind::matrix)
    return make_rule(AdamW{options.beta1, options.beta2, options.epsilon, options.weight_decay}, input);
  return std::make_unique<AdamW8bitRule>(options, input);
}

}  // namespace graft::inline v0
