// SPDX-License-Identifier: Apache-2.0
#include "train/preference_loss.hpp"

#include <algorithm>
#include <cmath>

namespace graft::inline v0 {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double log_sigmoid(double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); }

double log_ratio(const AnswerLikelihood& answer) { return answer.model - answer.reference; }
double mean(const AnswerLikelihood& answer) { return answer.model / double(answer.tokens); }

PairLoss dpo(const PreferenceOptions& o, const AnswerLikelihood& chosen, const AnswerLikelihood& rejected) {
  const double a = o.beta * log_ratio(chosen), b = o.beta * log_ratio(rejected), wrong = o.label_smoothing;
  const double slope = -(1 - wrong) * sigmoid(b - a) + wrong * sigmoid(a - b);
  return {-(1 - wrong) * log_sigmoid(a - b) - wrong * log_sigmoid(b - a), o.beta * slope, -o.beta * slope, a, b};
}

PairLoss ipo(const PreferenceOptions& o, const AnswerLikelihood& chosen, const AnswerLikelihood& rejected) {
  const double a = log_ratio(chosen) / double(chosen.tokens), b = log_ratio(rejected) / double(rejected.tokens);
  const double error = a - b - 1 / (2 * double(o.beta));
  return {error * error, 2 * error / double(chosen.tokens), -2 * error / double(rejected.tokens), o.beta * a,
          o.beta * b};
}

// The odds of an answer whose mean log-probability is 0 are without bound.
constexpr double kLeastSurprise = 1e-9;

PairLoss orpo(const PreferenceOptions& o, const AnswerLikelihood& chosen, const AnswerLikelihood& rejected) {
  const double a = std::min(mean(chosen), -kLeastSurprise), b = std::min(mean(rejected), -kLeastSurprise);
  const auto log_odds = [](double log_p) { return log_p - std::log(-std::expm1(log_p)); };
  const auto odds_slope = [](double log_p) { return -1 / std::expm1(log_p); };
  const double difference = log_odds(a) - log_odds(b), slope = -o.beta * sigmoid(-difference);
  return {-a - o.beta * log_sigmoid(difference), (slope * odds_slope(a) - 1) / double(chosen.tokens),
          -slope * odds_slope(b) / double(rejected.tokens), o.beta * a, o.beta * b};
}

PairLoss simpo(const PreferenceOptions& o, const AnswerLikelihood& chosen, const AnswerLikelihood& rejected) {
  const double a = o.beta * mean(chosen), b = o.beta * mean(rejected), difference = a - b - o.margin;
  const double slope = -o.beta * sigmoid(-difference);
  return {-log_sigmoid(difference), slope / double(chosen.tokens), -slope / double(rejected.tokens), a, b};
}

PairLoss kto(const PreferenceOptions& o, const AnswerLikelihood& chosen, const AnswerLikelihood& rejected, double z) {
  const double a = log_ratio(chosen), b = log_ratio(rejected);
  const double good = sigmoid(o.beta * (a - z)), bad = sigmoid(o.beta * (z - b));
  return {(o.desirable * (1 - good) + o.undesirable * (1 - bad)) / 2, -o.desirable * o.beta * good * (1 - good) / 2,
          o.undesirable * o.beta * bad * (1 - bad) / 2, o.beta * a, o.beta * b};
}

}  // namespace

PairLoss pair_loss(const PreferenceOptions& options, const AnswerLikelihood& chosen, const AnswerLikelihood& rejected,
                   double divergence) {
  switch (options.loss) {
    case PreferenceLoss::dpo:
      return dpo(options, chosen, rejected);
    case PreferenceLoss::ipo:
      return ipo(options, chosen, rejected);
    case PreferenceLoss::orpo:
      return orpo(options, chosen, rejected);
    case PreferenceLoss::simpo:
      return simpo(options, chosen, rejected);
    case PreferenceLoss::kto:
      return kto(options, chosen, rejected, divergence);
    case PreferenceLoss::none:
      break;
  }
  return {};
}

}  // namespace graft::inline v0
