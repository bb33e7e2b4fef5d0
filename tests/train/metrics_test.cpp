// SPDX-License-Identifier: Apache-2.0
//
// The expected figures are those of scikit-learn 1.9 for the same rows (roc_auc_score, average_precision_score,
// brier_score_loss, log_loss, precision_recall_fscore_support, r2_score …) and of scipy's ks_2samp; the calibration
// errors are sums over the bins, made with numpy.
#include "graft/metrics.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "graft/error.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

const std::vector<int32_t> kTargets = {0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0};
const std::vector<float> kScores = {.125f, .75f, .5f, .5f, .875f, .25f, .625f, .5f, 1, 0, .375f, .125f};

const std::vector<int32_t> kTargets3 = {0, 1, 2, 2, 1, 0, 2, 1, 0, 2};
std::vector<float> scores3() {
  std::vector<float> scores = {6, 1, 1, 2, 4, 2, 1, 2, 5, 3, 3, 2, 1, 6, 1,
                               2, 5, 1, 0, 1, 7, 4, 2, 2, 8, 0, 0, 1, 4, 3};
  for (float& score : scores) score /= 8;
  return scores;
}

const std::vector<float> kNumbers = {1, 2.5f, -1, 4, 0}, kPredicted = {1.5f, 2, -.5f, 3, .25f};

}  // namespace

TEST_CASE("Metrics of two classes", "[train]") {
  const ClassificationReport report = classification_report(kTargets, kScores, 1, {.samples = 0});
  CHECK(report.rows == 12);
  CHECK(report.accuracy.value == Approx(0.75));
  CHECK(report.precision.value == Approx(0.7142857142857143));
  CHECK(report.recall.value == Approx(0.8333333333333334));
  CHECK(report.f1.value == Approx(0.7692307692307693));
  CHECK(report.macro_precision.value == Approx(0.7571428571428571));
  CHECK(report.macro_recall.value == Approx(0.75));
  CHECK(report.macro_f1.value == Approx(0.7482517482517483));
  CHECK(report.weighted_f1.value == Approx(0.7482517482517483));
  CHECK(report.roc_auc.value == Approx(0.8611111111111112));
  CHECK(report.pr_auc.value == Approx(0.8630952380952381));
  CHECK(report.ks_statistic.value == Approx(0.6666666666666666));
  CHECK(report.brier_score.value == Approx(0.1419270783662796));
  CHECK(report.log_loss.value == Approx(0.41808822751045227));
  CHECK(report.calibration_error.value == Approx(0.21875));
  CHECK(report.confusion.counts == std::vector<size_t>{4, 2, 1, 5});
  CHECK(std::isnan(report.accuracy.low));
}

TEST_CASE("Metrics of three classes", "[train]") {
  const ClassificationReport report = classification_report(kTargets3, scores3(), 3, {.samples = 0});
  CHECK(report.accuracy.value == Approx(0.6));
  CHECK(report.macro_precision.value == Approx(0.6666666666666666));
  CHECK(report.macro_recall.value == Approx(0.611111111111111));
  CHECK(report.macro_f1.value == Approx(0.6031746031746031));
  CHECK(report.f1.value == Approx(0.6031746031746031));
  CHECK(report.weighted_f1.value == Approx(0.6095238095238095));
  CHECK(report.roc_auc.value == Approx(0.8670634920634921));
  CHECK(report.pr_auc.value == Approx(0.7976190476190476));
  CHECK(report.ks_statistic.value == Approx(0.615079365079365));
  CHECK(report.brier_score.value == Approx(0.415625));
  CHECK(report.log_loss.value == Approx(0.7011758685112));
  CHECK(report.calibration_error.value == Approx(0.175));
  CHECK(report.confusion.counts == std::vector<size_t>{2, 1, 0, 1, 2, 0, 1, 1, 2});
  CHECK(report.classes[2].precision == 1);
  CHECK(report.classes[2].recall == 0.5);
  CHECK(report.classes[2].f1 == Approx(0.66666667));
  CHECK(report.classes[2].rows == 4);
  CHECK(average_scores(report.confusion, Average::weighted).precision == Approx(0.7));
}

TEST_CASE("A class that nobody has does not count in the mean", "[train]") {
  const ConfusionTable table = confusion(std::vector<int32_t>{0, 0, 1}, std::vector<int32_t>{0, 1, 1}, 3);
  CHECK(average_scores(table, Average::macro).recall == Approx(0.75));
  CHECK(average_scores(table, Average::micro).recall == Approx(2.0 / 3));
}

TEST_CASE("Two columns of probabilities say the same as one", "[train]") {
  std::vector<float> both;
  for (const float p : kScores) both.insert(both.end(), {1 - p, p});
  const ClassificationReport one = classification_report(kTargets, kScores, 1, {.samples = 0});
  const ClassificationReport two = classification_report(kTargets, both, 2, {.samples = 0});
  CHECK(two.roc_auc.value == one.roc_auc.value);
  CHECK(two.log_loss.value == Approx(one.log_loss.value));
  CHECK(two.brier_score.value == Approx(2 * one.brier_score.value));
}

TEST_CASE("Metrics of numbers", "[train]") {
  CHECK(r_squared(kNumbers, kPredicted) == Approx(0.8852848101265822));
  CHECK(mean_absolute_error(kNumbers, kPredicted) == Approx(0.55));
  CHECK(root_mean_squared_error(kNumbers, kPredicted) == Approx(0.6020797289396148));
  const std::vector<float> same = {2, 2};
  CHECK(r_squared(same, same) == 1);
  CHECK(r_squared(same, std::vector<float>{2, 3}) == 0);
  const RegressionReport report = regression_report(kNumbers, kPredicted);
  CHECK(report.mean_absolute_error.value == Approx(0.55));
  CHECK(report.mean_absolute_error.low >= 0.25);
  CHECK(report.mean_absolute_error.high <= 1);
}

TEST_CASE("What is not defined is NaN, and what is sure does not diverge", "[train]") {
  const std::vector<int32_t> ones = {1, 1};
  const std::vector<float> scores = {0.5f, 0.25f}, sure = {0, 1};
  CHECK(std::isnan(roc_auc(ones, scores)));
  CHECK(std::isnan(ks_statistic(ones, scores)));
  CHECK(pr_auc(ones, scores) == 1);
  CHECK(log_loss(ones, sure, 1) == Approx(-std::log(std::pow(2, -23)) / 2));
}

TEST_CASE("An interval is that of the samples, by the seed", "[train]") {
  // The mean of a hundred rows, half of them 1: its deviation is 0.05, its 95 % interval 0.4 to 0.6.
  const auto mean = [](std::span<const size_t> rows) {
    double sum = 0;
    for (const size_t row : rows) sum += double(row % 2);
    return std::vector<double>{sum / double(rows.size())};
  };
  const Estimate estimate = bootstrap(100, mean, {.samples = 4000})[0];
  CHECK(estimate.value == 0.5);
  CHECK(estimate.low == Approx(0.4).margin(0.011));
  CHECK(estimate.high == Approx(0.6).margin(0.011));
  CHECK(bootstrap(100, mean, {.samples = 4000})[0].low == estimate.low);
  const Estimate narrow = bootstrap(100, mean, {.samples = 4000, .level = 0.68})[0];
  CHECK(narrow.low == Approx(0.45).margin(0.011));
  std::vector<int32_t> strata;
  for (int32_t row = 0; row < 100; ++row) strata.push_back(row % 2);
  const Estimate fixed = bootstrap(100, mean, {}, strata)[0];
  CHECK((fixed.low == 0.5 && fixed.high == 0.5));
}

TEST_CASE("A report's intervals hold its values", "[train]") {
  const ClassificationReport plain = classification_report(kTargets, kScores, 1);
  for (const Estimate& estimate : {plain.roc_auc, plain.f1, plain.brier_score, plain.ks_statistic, plain.log_loss}) {
    CHECK(estimate.low < estimate.value);
    CHECK(estimate.high > estimate.value);
  }
  const ClassificationReport stratified = classification_report(kTargets, kScores, 1, {.stratified = true});
  CHECK(stratified.roc_auc.low != plain.roc_auc.low);
}

TEST_CASE("Metrics name what does not fit", "[train]") {
  const std::vector<int32_t> none, wrong = {0, 2};
  const std::vector<float> scores = {0.5f, 1.5f};
  CHECK(refusal<ArgumentError>([&] { accuracy(none, none); }) == "accuracy: there are no rows");
  CHECK(refusal<ArgumentError>([&] { accuracy(wrong, none); }) == "accuracy: found 0 values, expected 2");
  CHECK(refusal<ArgumentError>([&] { roc_auc(wrong, scores); }) == "roc_auc: target 1 is 2, expected 0 to 1");
  CHECK(refusal<ArgumentError>([&] {
          brier_score(std::vector<int32_t>{0, 1}, scores, 1);
        }) == "brier_score: a probability is 1.5, expected 0 to 1");
}

}  // namespace graft
