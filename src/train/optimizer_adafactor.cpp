// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "train/clipping.hpp"
#include "train/update_rule.hpp"

namespace graft::inline v0 {
namespace {

class AdafactorRule final : public UpdateRule {
 public:
  AdafactorRule(const Adafactor& options, const RuleInput& input)
      : options_(options),
        parameter_(input.parameter.value),
        row_mean_(input.zeros(1, parameter_.rows())),
        column_mean_(input.zeros(1, parameter_.cols())),
        by_row_(input.zeros(1, parameter_.rows())),
        by_column_(input.zeros(1, parameter_.cols())),
        mean_(input.zeros_if(options.beta1 > 0)) {}

  void step(const Lane& lane, const Step& step, const float* gradient) override {
    const Kernels& kernels = lane.backend().kernels();
    const int rows = parameter_.rows(), cols = parameter_.cols();
    const auto beta2 = float(1 - std::pow(double(step.number), double(options_.decay_exponent)));
    AdafactorStep how{.step = step, .clip = 1, .beta1 = options_.beta1};
    how.step.rate = rate(lane, step);
    kernels.adafactor_moments(lane.stream(), step.scale, beta2, options_.epsilon, gradient, rows, cols,
                              row_mean_.data(), column_mean_.data(), by_row_.data(), by_column_.data());
    const double squares = kernels.adafactor_square_sum(lane.stream(), step.scale, gradient, by_row_.data(),
                                                        by_column_.data(), rows, cols);
    how.clip = float(1 / std::max(1.0, root_mean(squares) / options_.clip_threshold));
    kernels.adafactor(lane.stream(), how, gradient, by_row_.data(), by_column_.data(), parameter_.data(),
                      data_of(mean_), rows, cols);
  }
  std::vector<NamedTensor> state() const override {
    return present({{"row_mean", row_mean_}, {"column_mean", column_mean_}, {"mean", mean_}});
  }

 private:
  double root_mean(double squares) const { return std::sqrt(squares / double(parameter_.size())); }

  float rate(const Lane& lane, const Step& step) const {
    double rate = step.rate;
    if (options_.relative_step)
      rate = std::min(options_.warmup_init ? 1e-6 * step.number : 1e-2, 1 / std::sqrt(double(step.number)));
    if (!options_.scale_parameter) return float(rate);
    return float(rate * std::max(double(options_.least_scale), root_mean(square_sum(lane, parameter_))));
  }

  Adafactor options_;
  Tensor parameter_, row_mean_, column_mean_, by_row_, by_column_, mean_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_rule(const Adafactor& options, const RuleInput& input) {
  return std::make_unique<AdafactorRule>(options, input);
}

}  // namespace graft::inline v0
