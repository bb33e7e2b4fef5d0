// SPDX-License-Identifier: Apache-2.0
#include "graft/metrics.hpp"
#include "train/metrics_input.hpp"

namespace graft::inline v0 {
namespace {

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

size_t predictions_of(const ConfusionTable& table, int of_class) {
  size_t count = 0;
  for (int target = 0; target < table.classes; ++target) count += table.at(target, of_class);
  return count;
}

}  // namespace

double accuracy(std::span<const int32_t> targets, std::span<const int32_t> predicted) {
  check_rows("accuracy", targets.size(), predicted.size());
  size_t right = 0;
  for (size_t i = 0; i < targets.size(); ++i) right += targets[i] == predicted[i];
  return double(right) / double(targets.size());
}

ConfusionTable confusion(std::span<const int32_t> targets, std::span<const int32_t> predicted, int classes) {
  check_rows("confusion", targets.size(), predicted.size());
  check_targets("confusion", targets, classes);
  check_targets("confusion", predicted, classes);
  ConfusionTable table{classes, std::vector<size_t>(size_t(classes) * size_t(classes))};
  for (size_t i = 0; i < targets.size(); ++i)
    ++table.counts[size_t(targets[i]) * size_t(classes) + size_t(predicted[i])];
  return table;
}

ClassScores class_scores(const ConfusionTable& table, int of_class) {
  check(of_class >= 0 && of_class < table.classes, "class_scores: class ", of_class, " of ", table.classes);
  ClassScores scores;
  for (int predicted = 0; predicted < table.classes; ++predicted) scores.rows += table.at(of_class, predicted);
  const double right = double(table.at(of_class, of_class)), predictions = double(predictions_of(table, of_class));
  scores.precision = share(right, predictions);
  scores.recall = share(right, double(scores.rows));
  scores.f1 = share(2 * right, predictions + double(scores.rows));
  return scores;
}

ClassScores average_scores(const ConfusionTable& table, Average average) {
  ClassScores mean;
  double weights = 0, right = 0;
  for (int of_class = 0; of_class < table.classes; ++of_class) {
    const ClassScores scores = class_scores(table, of_class);
    const bool is_there = scores.rows + predictions_of(table, of_class) > 0;
    const double weight = average == Average::macro ? double(is_there) : double(scores.rows);
    weights += weight;
    right += double(table.at(of_class, of_class));
    mean.precision += weight * scores.precision;
    mean.recall += weight * scores.recall;
    mean.f1 += weight * scores.f1;
    mean.rows += scores.rows;
  }
  if (average == Average::micro) {
    mean.precision = mean.recall = mean.f1 = share(right, double(mean.rows));
    return mean;
  }
  mean.precision = share(mean.precision, weights);
  mean.recall = share(mean.recall, weights);
  mean.f1 = share(mean.f1, weights);
  return mean;
}

}  // namespace graft::inline v0
