// SPDX-License-Identifier: Apache-2.0
#include "train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace graft::inline v0 {
namespace {

// From 1 at 0 down to 0 at half a wave, and so on.
double wave(double cycles) { return 0.5 * (1 + std::cos(2 * std::numbers::pi * cycles)); }

double mixed(double lowest, double share) { return lowest + (1 - lowest) * share; }

double fallen(Fall fall, double progress) {
  switch (fall) {
    case Fall::cosine:
      return wave(progress / 2);
    case Fall::linear:
      return 1 - progress;
    case Fall::one_minus_sqrt:
      return 1 - std::sqrt(progress);
  }
  return 1;
}

double warmup_stable_decay(const RateSchedule& at, int step) {
  const double lowest = at.options.lowest;
  if (step < at.warmup) return mixed(lowest, double(step) / at.warmup);
  const int decay = at.options.decay_steps ? at.options.decay_steps : std::max(1, at.steps / 10);
  const int first = std::max(at.warmup, at.steps - decay);
  if (step < first) return 1;
  return mixed(lowest, fallen(at.options.fall, std::min(1.0, double(step - first) / decay)));
}

double one_cycle(const RateSchedule& at, int step) {
  const double start = 1 / double(at.options.start_divisor), end = start / at.options.end_divisor;
  const double last = at.steps - 1, top = at.options.rise * at.steps - 1;
  if (step < top) return mixed(start, 1 - wave(step / top / 2));
  return mixed(end, wave(std::min(1.0, (step - top) / std::max(1.0, last - top)) / 2));
}

double inverse_sqrt(const RateSchedule& at, int step) {
  const int timescale = at.options.timescale ? at.options.timescale : at.warmup ? at.warmup : 10000;
  return 1 / std::sqrt(double(step - at.warmup + timescale) / timescale);
}

double noam(const RateSchedule& at, int step) {
  return std::min(std::pow(step + 1, -0.5), (step + 1) * std::pow(std::max(1, at.warmup), -1.5));
}

double restarted(double cycles, double progress) {
  const double passed = (cycles > 0 ? cycles : 1) * progress;
  return progress >= 1 ? 0 : wave((passed - std::floor(passed)) / 2);
}

}  // namespace

double RateSchedule::factor(int step) const {
  if (kind == Schedule::one_cycle) return one_cycle(*this, step);
  if (kind == Schedule::noam) return noam(*this, step);
  if (kind == Schedule::warmup_stable_decay) return warmup_stable_decay(*this, step);
  if (step < warmup) return double(step) / warmup;
  const int after = step - warmup, rest = std::max(1, steps - warmup);
  const double progress = double(after) / rest, left = std::max(0.0, 1 - progress);
  switch (kind) {
    case Schedule::linear:
      return left;
    case Schedule::cosine:
      return mixed(options.lowest, wave((options.cycles > 0 ? options.cycles : 0.5) * progress));
    case Schedule::cosine_with_restarts:
      return restarted(options.cycles, progress);
    case Schedule::polynomial:
      return mixed(options.lowest, std::pow(left, double(options.power)));
    case Schedule::inverse_sqrt:
      return inverse_sqrt(*this, step);
    case Schedule::step:
      return std::pow(double(options.gamma), after / (options.period ? options.period : std::max(1, rest / 3)));
    case Schedule::exponential:
      return std::pow(double(options.gamma), after);
    default:
      return 1;
  }
}

double plateau_factor(const ScheduleOptions& options, std::span<const Evaluation> evaluations) {
  double factor = 1, best = INFINITY;
  int without_gain = 0;
  for (const Evaluation& evaluation : evaluations) {
    const bool is_gain = evaluation.loss < best * (1 - double(options.plateau_threshold));
    if (is_gain) best = evaluation.loss;
    without_gain = is_gain ? 0 : without_gain + 1;
    if (without_gain <= options.plateau_patience) continue;
    factor = std::max(double(options.lowest), factor * options.gamma);
    without_gain = 0;
  }
  return factor;
}

}  // namespace graft::inline v0
