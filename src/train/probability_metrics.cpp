// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "graft/metrics.hpp"
#include "train/metrics_input.hpp"

namespace graft::inline v0 {

double brier_score(std::span<const int32_t> targets, std::span<const float> probabilities, int classes) {
  check_probabilities("brier_score", targets, probabilities, classes);
  double sum = 0;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    const int32_t target = targets[i / size_t(classes)];
    const bool is_target = target == (classes == 1 ? 1 : int32_t(i % size_t(classes)));
    const double distance = double(probabilities[i]) - is_target;
    sum += distance * distance;
  }
  return sum / double(targets.size());
}

double log_loss(std::span<const int32_t> targets, std::span<const float> probabilities, int classes) {
  check_probabilities("log_loss", targets, probabilities, classes);
  constexpr double kLeast = std::numeric_limits<float>::epsilon();
  double sum = 0;
  for (size_t row = 0; row < targets.size(); ++row) {
    double of_target = 0, whole = 1;
    if (classes == 1) {
      of_target = targets[row] == 1 ? probabilities[row] : 1.0 - probabilities[row];
    } else {
      const std::span<const float> p = probabilities.subspan(row * size_t(classes), size_t(classes));
      whole = 0;
      for (const float of_class : p) whole += std::clamp(double(of_class), kLeast, 1 - kLeast);
      of_target = p[size_t(targets[row])];
    }
    sum -= std::log(std::clamp(of_target, kLeast, 1 - kLeast) / whole);
  }
  return sum / double(targets.size());
}

double calibration_error(std::span<const int32_t> targets, std::span<const float> probabilities, int classes,
                         int bins) {
  check_probabilities("calibration_error", targets, probabilities, classes);
  check(bins >= 1, "calibration_error: ", bins, " bins, expected at least 1");
  struct Bin {
    double right = 0, confidence = 0;
  };
  std::vector<Bin> all(static_cast<size_t>(bins));
  for (size_t row = 0; row < targets.size(); ++row) {
    const std::span<const float> p = probabilities.subspan(row * size_t(classes), size_t(classes));
    const auto likeliest = std::max_element(p.begin(), p.end());
    const int32_t predicted = classes == 1 ? 1 : int32_t(likeliest - p.begin());
    Bin& bin = all[std::min(size_t(double(*likeliest) * bins), size_t(bins) - 1)];
    bin.right += targets[row] == predicted;
    bin.confidence += double(*likeliest);
  }
  double error = 0;
  for (const Bin& bin : all) error += std::abs(bin.right - bin.confidence);
  return error / double(targets.size());
}

}  // namespace graft::inline v0
