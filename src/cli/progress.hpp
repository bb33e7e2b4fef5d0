// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graft/train_options.hpp"

namespace graft::inline v0 {

// Shows a training run on standard error: a bar that moves on a terminal, plain lines elsewhere.
class Progress {
 public:
  Progress();
  void step(const StepInfo& step);
  void evaluation(const Evaluation& evaluation);
  void line(const std::string& text);  // anything else
  void finish();

 private:
  bool is_terminal_;
  bool has_bar_ = false;
  double shown_ = 0;  // seconds of the run when the last line was
};

// "1:02:03", "4:05"
std::string clock_text(double seconds);

}  // namespace graft::inline v0
