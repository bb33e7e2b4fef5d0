// SPDX-License-Identifier: Apache-2.0
#include "train/clipping.hpp"

#include <cmath>

namespace graft::inline v0 {

double gradient_norm(const Lane& lane, const Gradients& gradients, const std::vector<Parameter>& parameters,
                     GradientNorm kind) {
  const Kernels& kernels = lane.backend().kernels();
  const auto of_one = kind == GradientNorm::l2   ? kernels.square_sum
                      : kind == GradientNorm::l1 ? kernels.absolute_sum
                                                 : kernels.largest_absolute;
  double total = 0;
  for (const Parameter& parameter : parameters) {
    const Tensor& gradient = gradients.of(parameter.value);
    const double one = of_one(lane.stream(), gradient.data(), int64_t(gradient.size()));
    if (kind != GradientNorm::largest)
      total += one;
    else if (std::isnan(one) || one > total)
      total = one;
  }
  return kind == GradientNorm::l2 ? std::sqrt(total) : total;
}

void clip_values(const Lane& lane, const Gradients& gradients, const std::vector<Parameter>& parameters, float limit) {
  for (const Parameter& parameter : parameters) {
    const Tensor& gradient = gradients.of(parameter.value);
    lane.backend().kernels().clamp(lane.stream(), limit, gradient.data(), int64_t(gradient.size()));
  }
}

}  // namespace graft::inline v0
