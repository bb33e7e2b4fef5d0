// SPDX-License-Identifier: Apache-2.0
#include "train/clipping.hpp"

#include <cmath>
#include <span>

namespace graft::inline v0 {

double gradient_norm(const Lane& lane, const Gradients& gradients, const std::vector<Parameter>& parameters,
                     GradientNorm kind) {
  const Kernels& kernels = lane.backend().kernels();
  const auto of_one = kind == GradientNorm::l2   ? kernels.square_sum
                      : kind == GradientNorm::l1 ? kernels.absolute_sum
                                                 : kernels.largest_absolute;
  if (parameters.empty()) return 0;
  // All are asked before the first is waited for.
  const Tensor memory =
      Tensor::of_bytes(gradients.of(parameters[0].value).memory(), parameters.size() * sizeof(double));
  double* const found = reinterpret_cast<double*>(memory.data());
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Tensor& gradient = gradients.of(parameters[i].value);
    of_one(lane.stream(), gradient.data(), int64_t(gradient.size()), found + i);
  }
  memory.memory().wait();
  double total = 0;
  for (const double one : std::span(found, parameters.size())) {
    if (kind != GradientNorm::largest)
      total += one;
    else if (std::isnan(one) || one > total)
      total = one;
  }
  return kind == GradientNorm::l2 ? std::sqrt(total) : total;
}

double square_sum(const Lane& lane, const Tensor& x) {
  const Tensor found = Tensor::of_bytes(x.memory(), sizeof(double));
  double* const sum = reinterpret_cast<double*>(found.data());
  lane.backend().kernels().square_sum(lane.stream(), x.data(), int64_t(x.size()), sum);
  found.memory().wait();
  return *sum;
}

void clip_values(const Lane& lane, const Gradients& gradients, const std::vector<Parameter>& parameters, float limit) {
  for (const Parameter& parameter : parameters) {
    const Tensor& gradient = gradients.of(parameter.value);
    lane.backend().kernels().clamp(lane.stream(), limit, gradient.data(), int64_t(gradient.size()));
  }
}

}  // namespace graft::inline v0
