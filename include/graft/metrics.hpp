// SPDX-License-Identifier: Apache-2.0
//
// How good predictions are, as single figures and as whole reports with bootstrap intervals. All are computed in
// double. Every call throws ArgumentError for spans of different or no length and for targets out of range; NaN is the
// value of what is not defined for the rows (a ranking of one class).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <graft/export.hpp>

namespace graft::inline v0 {

// ---- decisions: a class a row ----

GRAFT_EXPORT double accuracy(std::span<const int32_t> targets, std::span<const int32_t> predicted);

// counts[target * classes + predicted] rows.
struct ConfusionTable {
  int classes = 0;
  std::vector<size_t> counts = {};
  size_t at(int target, int predicted) const { return counts[size_t(target) * size_t(classes) + size_t(predicted)]; }
};
GRAFT_EXPORT ConfusionTable confusion(std::span<const int32_t> targets, std::span<const int32_t> predicted,
                                      int classes);

// A share of nothing counts as 0.
struct ClassScores {
  double precision = 0, recall = 0, f1 = 0;
  size_t rows = 0;  // with the class as their target
};
GRAFT_EXPORT ClassScores class_scores(const ConfusionTable& table, int of_class);

enum class Average {
  macro,     // the mean over the classes that are targets or predictions
  weighted,  // the mean by the rows of each class
  micro,     // of all decisions together, which is the accuracy
};
GRAFT_EXPORT ClassScores average_scores(const ConfusionTable& table, Average average);

// ---- rankings: targets 0 and 1 and a score a row, higher for 1; equal scores count as one threshold ----

// The probability that a row of class 1 has the higher score, ties by half.
GRAFT_EXPORT double roc_auc(std::span<const int32_t> targets, std::span<const float> scores);
// The average precision: Σ precision · rise of the recall, over the thresholds.
GRAFT_EXPORT double pr_auc(std::span<const int32_t> targets, std::span<const float> scores);
// The largest distance between the distributions of the scores of both classes (Kolmogorov and Smirnov).
GRAFT_EXPORT double ks_statistic(std::span<const int32_t> targets, std::span<const float> scores);

// ---- probabilities: rows × classes, or with `classes` 1 the probability of class 1 of two ----

// The mean over the rows of Σ (p - y)² over the classes, or of (p - y)² with one column.
GRAFT_EXPORT double brier_score(std::span<const int32_t> targets, std::span<const float> probabilities, int classes);
// The mean of -log p of the target, for p within 2^-23 of 0 and 1 at most; rows are divided by their sum.
GRAFT_EXPORT double log_loss(std::span<const int32_t> targets, std::span<const float> probabilities, int classes);
// Σ |share that is right - mean confidence| by the rows of each of `bins` equal ranges of confidence (Guo et al. 2017):
// of the likeliest class, or, with one column, of class 1.
GRAFT_EXPORT double calibration_error(std::span<const int32_t> targets, std::span<const float> probabilities,
                                      int classes, int bins = 10);

// ---- numbers ----

// 1 - Σ (target - predicted)² / Σ (target - mean)²; of equal targets 1 if all are met, else 0.
GRAFT_EXPORT double r_squared(std::span<const float> targets, std::span<const float> predicted);
GRAFT_EXPORT double mean_absolute_error(std::span<const float> targets, std::span<const float> predicted);
GRAFT_EXPORT double root_mean_squared_error(std::span<const float> targets, std::span<const float> predicted);

// ---- intervals ----

struct BootstrapOptions {
  int samples = 1000;       // 0: no intervals
  double level = 0.95;      // the share of the samples within the interval
  uint64_t seed = 0;        // the same seed gives the same interval
  bool stratified = false;  // a sample has as many rows of each target as the whole (reports of classes only)
};

// A figure with the percentile interval of the same figure of rows drawn with replacement (Efron 1979). Samples for
// which it is not defined are left out.
struct Estimate {
  double value = 0, low = 0, high = 0;
};
// Of any figures of rows: `figures` gets the indices of the rows. `strata` gives each row's stratum, or is empty.
GRAFT_EXPORT std::vector<Estimate> bootstrap(
    size_t rows, const std::function<std::vector<double>(std::span<const size_t> rows)>& figures,
    const BootstrapOptions& options = {}, std::span<const int32_t> strata = {});

struct ClassificationReport {
  size_t rows = 0;
  Estimate accuracy, macro_precision, macro_recall, macro_f1, weighted_f1;
  Estimate precision, recall, f1;  // of class 1, of two classes; else as the macro ones
  Estimate roc_auc, pr_auc;        // of more than two classes the mean of each against the rest
  Estimate ks_statistic;           // likewise
  Estimate brier_score, log_loss, calibration_error;
  ConfusionTable confusion;
  std::vector<ClassScores> classes;
};
// A row is decided for its likeliest class; with one column, for class 1 from `threshold` on.
GRAFT_EXPORT ClassificationReport classification_report(std::span<const int32_t> targets,
                                                        std::span<const float> probabilities, int classes,
                                                        const BootstrapOptions& options = {}, float threshold = 0.5f);

struct RegressionReport {
  size_t rows = 0;
  Estimate r_squared, mean_absolute_error, root_mean_squared_error;
};
GRAFT_EXPORT RegressionReport regression_report(std::span<const float> targets, std::span<const float> predicted,
                                                const BootstrapOptions& options = {});

}  // namespace graft::inline v0
