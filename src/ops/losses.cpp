// SPDX-License-Identifier: Apache-2.0
//
// A loss is computed with its gradient, in double: the outputs are small, and the backward pass only scales.
#include "ops/losses.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct Point {
  double loss, slope;
};

// A 1 × 1 tensor with the gradient that it has of x.
Tensor recorded(Run& run, const Tensor& x, double sum, const Tensor& gradient) {
  Tensor loss = run.tensor(1, 1);
  loss.value() = float(sum);
  if (run.records({x}))
    run.tape->record({loss.identity()}, [run, x = x.identity(), gradient, out = loss.identity()](Tape& tape) {
      run.kernels().accumulate(run.stream(), gradient.data(), tape.upstream(out).value(), tape.sum(x),
                               int64_t(gradient.size()));
    });
  return loss;
}

void check_count(const char* loss, const char* what, size_t found, size_t expected) {
  check(found == expected, loss, ": found ", found, " ", what, ", expected ", expected);
}

// Σ weight · point(value, target).
template <class Function>
Tensor sum_of_values(Run& run, const char* loss, const Tensor& x, std::span<const float> targets,
                     std::span<const float> weights, const Function& point) {
  check_count(loss, "targets", targets.size(), x.size());
  check_count(loss, "weights", weights.size(), x.size());
  const Tensor gradient = run.tensor(x.rows(), x.cols());
  const std::span<float> values = x.values(), slopes = gradient.values();
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const Point at = point(double(values[i]), double(targets[i]));
    sum += weights[i] * at.loss;
    slopes[i] = float(weights[i] * at.slope);
  }
  return recorded(run, x, sum, gradient);
}

struct LogSoftmax {
  std::vector<double> log_p, p;
  double log_sum = 0;  // of the exponentials
};
LogSoftmax log_softmax(std::span<const float> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  LogSoftmax result;
  for (const float logit : logits) result.log_sum += std::exp(logit - top);
  result.log_sum = top + std::log(result.log_sum);
  for (const float logit : logits) {
    result.log_p.push_back(logit - result.log_sum);
    result.p.push_back(std::exp(result.log_p.back()));
  }
  return result;
}

// Σ weight · function(row, slopes) over rows; the function sets the slopes, which are 0.
template <class Function>
Tensor sum_of_rows(Run& run, const char* loss, const Tensor& x, std::span<const float> weights,
                   const Function& function) {
  check_count(loss, "weights", weights.size(), size_t(x.rows()));
  const Tensor gradient = run.tensor(x.rows(), x.cols());
  double sum = 0;
  std::vector<double> slopes;
  for (int row = 0; row < x.rows(); ++row) {
    slopes.assign(size_t(x.cols()), 0);
    sum += weights[size_t(row)] * function(row, slopes);
    std::ranges::transform(slopes, gradient.row(row).begin(),
                           [&](double slope) { return float(weights[size_t(row)] * slope); });
  }
  return recorded(run, x, sum, gradient);
}

// softmax(logits / temperature) of each row, less 1 in the first column, as the gradient of a cross-entropy is, and the
// logarithm of the first. Of two such, the ones and what the first columns add to a divergence cancel out.
struct Apart {
  Apart(Run& run, const Tensor& logits, float temperature)
      : p(run.tensor(logits.rows(), logits.cols())), log_first(run.tensor(logits.rows(), 1)) {
    std::ranges::transform(logits.values(), p.values().begin(), [&](float logit) { return logit / temperature; });
    const std::vector<int32_t> first(log_first.size());
    const std::vector<float> ones(log_first.size(), 1);
    run.kernels().cross_entropy(run.stream(), p.data(), first.data(), ones.data(), logits.rows(), logits.cols(), 0,
                                log_first.data());
  }
  Tensor p, log_first;
};

void check_targets(const char* loss, const Tensor& logits, std::span<const int32_t> targets) {
  check_count(loss, "targets", targets.size(), size_t(logits.rows()));
  for (const int32_t target : targets)
    check(target == kIgnored || (target >= 0 && target < logits.cols()), loss, ": target ", target, ", expected 0 to ",
          logits.cols() - 1, " or ", kIgnored);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double log_sigmoid(double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); }

}  // namespace

Tensor cross_entropy(Run& run, const Tensor& logits, std::span<const int32_t> targets, std::span<const float> weights,
                     float label_smoothing) {
  check_targets("cross_entropy", logits, targets);
  check_count("cross_entropy", "weights", weights.size(), targets.size());
  const Tensor gradient = run.tensor(logits.rows(), logits.cols());
  gradient.assign(logits);
  const Tensor log_probabilities = run.tensor(logits.rows(), 1);
  run.kernels().cross_entropy(run.stream(), gradient.data(), targets.data(), weights.data(), logits.rows(),
                              logits.cols(), label_smoothing, log_probabilities.data());
  double sum = 0;
  for (size_t i = 0; i < targets.size(); ++i) sum -= double(weights[i]) * log_probabilities.values()[i];
  return recorded(run, logits, sum, gradient);
}

Tensor focal(Run& run, const Tensor& logits, std::span<const int32_t> targets, std::span<const float> weights,
             float gamma) {
  check_targets("focal", logits, targets);
  return sum_of_rows(run, "focal", logits, weights, [&](int row, std::vector<double>& slopes) {
    if (targets[size_t(row)] == kIgnored) return 0.0;
    const LogSoftmax at = log_softmax(logits.row(row));
    const auto target = size_t(targets[size_t(row)]);
    const double log_p = at.log_p[target], miss = -std::expm1(log_p), factor = std::pow(miss, gamma);
    // d loss / d log p; log p / (1 - p) goes to -1 with p to 1. d log p / d logit is 1 - p at the target, -p elsewhere.
    const double slope = factor * (gamma * at.p[target] * (miss > 0 ? log_p / miss : -1) - 1);
    for (size_t i = 0; i < slopes.size(); ++i) slopes[i] = slope * ((i == target) - at.p[i]);
    return -factor * log_p;
  });
}

Tensor z_loss(Run& run, const Tensor& logits, std::span<const float> weights) {
  return sum_of_rows(run, "z_loss", logits, weights, [&](int row, std::vector<double>& slopes) {
    const LogSoftmax at = log_softmax(logits.row(row));
    for (size_t i = 0; i < slopes.size(); ++i) slopes[i] = 2 * at.log_sum * at.p[i];
    return at.log_sum * at.log_sum;
  });
}

Tensor distillation(Run& run, const Tensor& logits, const Tensor& teacher, std::span<const float> weights,
                    float temperature) {
  check(teacher.rows() == logits.rows() && teacher.cols() == logits.cols(), "distillation: the teacher's logits are ",
        teacher.rows(), " x ", teacher.cols(), ", expected ", logits.rows(), " x ", logits.cols());
  check(temperature > 0, "distillation: temperature is ", temperature, ", expected more than 0");
  check_count("distillation", "weights", weights.size(), size_t(logits.rows()));
  const Apart student(run, logits, temperature), expected(run, teacher, temperature);
  const Tensor gradient = run.tensor(logits.rows(), logits.cols());
  double sum = 0;
  for (int row = 0; row < logits.rows(); ++row) {
    const std::span<float> slopes = gradient.row(row), p = student.p.row(row), q = expected.p.row(row);
    const float *x = logits.row(row).data(), *y = teacher.row(row).data(), weight = weights[size_t(row)] * temperature;
    double difference = 0;
    for (size_t i = 0; i < slopes.size(); ++i) {
      difference += double(q[i]) * (y[i] - x[i]);
      slopes[i] = weight * (p[i] - q[i]);
    }
    const double divergence =
        difference / temperature + expected.log_first.values()[size_t(row)] - student.log_first.values()[size_t(row)];
    sum += double(weight) * temperature * divergence;
  }
  return recorded(run, logits, sum, gradient);
}

Tensor binary_cross_entropy(Run& run, const Tensor& logits, std::span<const float> targets,
                            std::span<const float> weights) {
  return sum_of_values(run, "binary_cross_entropy", logits, targets, weights, [](double x, double target) -> Point {
    return {-target * log_sigmoid(x) - (1 - target) * log_sigmoid(-x), sigmoid(x) - target};
  });
}

Tensor binary_focal(Run& run, const Tensor& logits, std::span<const float> targets, std::span<const float> weights,
                    float gamma) {
  return sum_of_values(run, "binary_focal", logits, targets, weights, [&](double x, double target) -> Point {
    const double sign = target > 0.5 ? 1 : -1, p = sigmoid(sign * x), miss = sigmoid(-sign * x);
    const double log_p = log_sigmoid(sign * x), factor = std::pow(miss, gamma);
    return {-factor * log_p, sign * factor * (gamma * p * log_p - miss)};
  });
}

Tensor squared_error(Run& run, const Tensor& x, std::span<const float> targets, std::span<const float> weights) {
  return sum_of_values(run, "squared_error", x, targets, weights, [](double value, double target) -> Point {
    const double distance = value - target;
    return {distance * distance, 2 * distance};
  });
}

Tensor absolute_error(Run& run, const Tensor& x, std::span<const float> targets, std::span<const float> weights) {
  return sum_of_values(run, "absolute_error", x, targets, weights, [](double value, double target) -> Point {
    return {std::abs(value - target), double(value > target) - double(value < target)};
  });
}

Tensor huber(Run& run, const Tensor& x, std::span<const float> targets, std::span<const float> weights, float delta) {
  check(delta > 0, "huber: delta is ", delta, ", expected more than 0");
  return sum_of_values(run, "huber", x, targets, weights, [delta](double value, double target) -> Point {
    const double distance = value - target, inner = std::clamp(distance, -double(delta), double(delta));
    return {inner * (distance - inner / 2), inner};
  });
}

Tensor similarities(Run& run, const Tensor& a, const Tensor& b) {
  check(a.cols() == b.cols(), "similarities: a has ", a.cols(), " columns, b ", b.cols());
  const int m = a.rows(), n = b.rows(), cols = a.cols();
  Tensor y = run.tensor(m, n);
  const Kernels& kernels = run.kernels();
  kernels.matmul(run.stream(), Compute::f32, {a.data(), cols}, {b.data(), cols, true}, y.data(), n, m, n, cols, 1,
                 false);

  if (run.records({a, b}))
    run.tape->record({y.identity()}, [run, a, b, m, n, cols, out = y.identity()](Tape& tape) {
      const Tensor dy = tape.upstream(out);
      const Kernels& kernels = run.kernels();
      if (float* da = tape.gradient(a))
        kernels.matmul(run.stream(), Compute::f32, {dy.data(), n}, {b.data(), cols}, da, cols, m, cols, n, 1, true);
      if (float* db = tape.gradient(b))
        kernels.matmul(run.stream(), Compute::f32, {dy.data(), n, true}, {a.data(), cols}, db, cols, n, cols, m, 1,
                       true);
    });
  return y;
}

Tensor contrastive(Run& run, const Tensor& a, const Tensor& b, float temperature) {
  check(a.rows() == b.rows() && a.rows() > 0, "contrastive: a has ", a.rows(), " rows, b ", b.rows());
  check(temperature > 0, "contrastive: temperature is ", temperature, ", expected more than 0");
  std::vector<int32_t> own(size_t(a.rows()));
  std::iota(own.begin(), own.end(), 0);
  const std::vector<float> weights(own.size(), 1 / float(own.size()));
  const Tensor cosines = similarities(run, normalized(run, a), normalized(run, b));
  return cross_entropy(run, scaled(run, cosines, 1 / temperature), own, weights);
}

}  // namespace graft::inline v0
