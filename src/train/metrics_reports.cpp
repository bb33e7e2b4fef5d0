// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "graft/metrics.hpp"
#include "train/metrics_input.hpp"

namespace graft::inline v0 {
namespace {

// Targets and probabilities of some rows.
struct Predictions {
  std::vector<int32_t> targets;
  std::vector<float> probabilities;
  int columns = 1;

  int classes() const { return columns == 1 ? 2 : columns; }

  Predictions select(std::span<const size_t> rows) const {
    Predictions some{{}, {}, columns};
    some.targets.reserve(rows.size());
    some.probabilities.reserve(rows.size() * size_t(columns));
    for (const size_t row : rows) {
      some.targets.push_back(targets[row]);
      const auto first = probabilities.begin() + std::ptrdiff_t(row) * columns;
      some.probabilities.insert(some.probabilities.end(), first, first + columns);
    }
    return some;
  }

  ConfusionTable confusion(float threshold) const {
    std::vector<int32_t> predicted;
    for (size_t row = 0; row < targets.size(); ++row) {
      const auto first = probabilities.begin() + std::ptrdiff_t(row) * columns;
      predicted.push_back(columns == 1 ? int32_t(*first >= threshold)
                                       : int32_t(std::max_element(first, first + columns) - first));
    }
    return v0::confusion(targets, predicted, classes());
  }

  using Ranking = double (*)(std::span<const int32_t>, std::span<const float>);
  // Of class 1 of two; else the mean over the classes, each against the rest, where it is defined.
  double rank(Ranking ranking) const {
    if (columns == 1) return ranking(targets, probabilities);
    double sum = 0, count = 0;
    for (int of_class = columns == 2 ? 1 : 0; of_class < columns; ++of_class) {
      std::vector<int32_t> is_class;
      std::vector<float> scores;
      for (size_t row = 0; row < targets.size(); ++row) {
        is_class.push_back(targets[row] == of_class);
        scores.push_back(probabilities[row * size_t(columns) + size_t(of_class)]);
      }
      const double value = ranking(is_class, scores);
      if (!std::isnan(value)) sum += value, ++count;
    }
    return sum / count;
  }
};

// In the order of the report's members.
std::vector<double> figures_of(const Predictions& of, float threshold) {
  const ConfusionTable table = of.confusion(threshold);
  const ClassScores macro = average_scores(table, Average::macro);
  const ClassScores main = of.classes() == 2 ? class_scores(table, 1) : macro;
  const auto& [targets, probabilities, columns] = of;
  return {average_scores(table, Average::micro).f1,
          macro.precision,
          macro.recall,
          macro.f1,
          average_scores(table, Average::weighted).f1,
          main.precision,
          main.recall,
          main.f1,
          of.rank(roc_auc),
          of.rank(pr_auc),
          of.rank(ks_statistic),
          brier_score(targets, probabilities, columns),
          log_loss(targets, probabilities, columns),
          calibration_error(targets, probabilities, columns)};
}

}  // namespace

ClassificationReport classification_report(std::span<const int32_t> targets, std::span<const float> probabilities,
                                           int classes, const BootstrapOptions& options, float threshold) {
  check_probabilities("classification_report", targets, probabilities, classes);
  const Predictions all{{targets.begin(), targets.end()}, {probabilities.begin(), probabilities.end()}, classes};
  const std::vector<Estimate> estimates = bootstrap(
      targets.size(), [&](std::span<const size_t> rows) { return figures_of(all.select(rows), threshold); }, options,
      options.stratified ? targets : std::span<const int32_t>());
  ClassificationReport report;
  report.rows = targets.size();
  Estimate* const members[] = {&report.accuracy,    &report.macro_precision,  &report.macro_recall, &report.macro_f1,
                               &report.weighted_f1, &report.precision,        &report.recall,       &report.f1,
                               &report.roc_auc,     &report.pr_auc,           &report.ks_statistic, &report.brier_score,
                               &report.log_loss,    &report.calibration_error};
  for (size_t i = 0; i < estimates.size(); ++i) *members[i] = estimates[i];
  report.confusion = all.confusion(threshold);
  for (int of_class = 0; of_class < all.classes(); ++of_class)
    report.classes.push_back(class_scores(report.confusion, of_class));
  return report;
}

RegressionReport regression_report(std::span<const float> targets, std::span<const float> predicted,
                                   const BootstrapOptions& options) {
  check_rows("regression_report", targets.size(), predicted.size());
  const std::vector<Estimate> estimates = bootstrap(
      targets.size(),
      [&](std::span<const size_t> rows) {
        std::vector<float> some_targets, some_predicted;
        for (const size_t row : rows) {
          some_targets.push_back(targets[row]);
          some_predicted.push_back(predicted[row]);
        }
        return std::vector<double>{r_squared(some_targets, some_predicted),
                                   mean_absolute_error(some_targets, some_predicted),
                                   root_mean_squared_error(some_targets, some_predicted)};
      },
      options);
  return {targets.size(), estimates[0], estimates[1], estimates[2]};
}

}  // namespace graft::inline v0
