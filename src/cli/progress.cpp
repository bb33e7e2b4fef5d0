// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <iostream>

namespace graft::inline v0 {
namespace {

constexpr int kBarWidth = 24;
constexpr double kLineSeconds = 5;  // between plain lines

}  // namespace

std::string clock_text(double seconds) {
  const long whole = std::lround(seconds);
  char text[32];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  return text;
}

Progress::Progress() : is_terminal_(isatty(STDERR_FILENO)) {}

void Progress::step(const StepInfo& step) {
  char text[160];
  std::snprintf(text, sizeof text, "step %d/%d  loss %.4f  rate %.2e  %.0f tokens/s  %s left", step.step, step.steps,
                step.loss, step.learning_rate, step.tokens_per_second, clock_text(step.seconds_left).c_str());
  if (is_terminal_) {
    const int done = kBarWidth * step.step / step.steps;
    std::cerr << "\r[" << std::string(size_t(done), '#') << std::string(size_t(kBarWidth - done), '.') << "] " << text
              << "   " << std::flush;
    has_bar_ = true;
  } else if (step.step == step.steps || step.step == 1 || step.seconds - shown_ >= kLineSeconds) {
    shown_ = step.seconds;
    std::cerr << text << '\n';
  }
}

void Progress::evaluation(const Evaluation& evaluation) {
  char text[128];
  if (evaluation.rewards)
    std::snprintf(text, sizeof text, "after step %d: held-out loss %.4f, chosen above rejected %.1f %%, margin %.3f",
                  evaluation.step, evaluation.loss, 100 * evaluation.rewards->accuracy, evaluation.rewards->margin);
  else
    std::snprintf(text, sizeof text, "after step %d: held-out loss %.4f, perplexity %.2f", evaluation.step,
                  evaluation.loss, evaluation.perplexity());
  line(text);
}

void Progress::line(const std::string& text) {
  finish();
  std::cerr << text << '\n';
}

void Progress::finish() {
  if (has_bar_) std::cerr << '\n';
  has_bar_ = false;
}

}  // namespace graft::inline v0
