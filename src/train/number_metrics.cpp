// SPDX-License-Identifier: Apache-2.0
#include "graft/metrics.hpp"
#include "train/metrics_input.hpp"

namespace graft::inline v0 {
namespace {

double squared_errors(std::span<const float> targets, std::span<const float> predicted) {
  double sum = 0;
  for (size_t i = 0; i < targets.size(); ++i)
    sum += (double(targets[i]) - predicted[i]) * (double(targets[i]) - predicted[i]);
  return sum;
}

}  // namespace

double r_squared(std::span<const float> targets, std::span<const float> predicted) {
  check_rows("r_squared", targets.size(), predicted.size());
  double mean = 0, squares = 0;
  for (const float target : targets) mean += target;
  mean /= double(targets.size());
  for (const float target : targets) squares += (target - mean) * (target - mean);
  const double errors = squared_errors(targets, predicted);
  if (squares == 0) return errors == 0 ? 1 : 0;
  return 1 - errors / squares;
}

double mean_absolute_error(std::span<const float> targets, std::span<const float> predicted) {
  check_rows("mean_absolute_error", targets.size(), predicted.size());
  double sum = 0;
  for (size_t i = 0; i < targets.size(); ++i) sum += std::abs(double(targets[i]) - predicted[i]);
  return sum / double(targets.size());
}

double root_mean_squared_error(std::span<const float> targets, std::span<const float> predicted) {
  check_rows("root_mean_squared_error", targets.size(), predicted.size());
  return std::sqrt(squared_errors(targets, predicted) / double(targets.size()));
}

}  // namespace graft::inline v0
