// SPDX-License-Identifier: Apache-2.0
//
// Training that fits into a memory and a time.
#include <algorithm>
#include <cmath>
#include <functional>

#include "api/text_training.hpp"
#include "support/message.hpp"
#include "train/token_objective.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kFewestTokens = 32;  // of a micro-batch: fewer save hardly any memory

}  // namespace

int64_t TextTraining::trained_values() const {
  return adapter_ ? adapter_->working->parameters() : Model(model_).info().parameters;
}

// The longest row, which is computed at once whatever the options say, and all rows of the longest step.
TextTraining::StepTokens TextTraining::step_tokens(const Dataset& data) const {
  std::vector<size_t> lengths;
  for (const TokenRow& row : rows(data, no_notice))
    lengths.push_back((row.ids.size() + row.target.size() + row.second.size()) * (learns_preferences() ? 2 : 1));
  std::ranges::sort(lengths, std::greater());
  StepTokens tokens{lengths.front(), size_t(options_.batch_tokens)};
  if (options_.batch_tokens == 0)
    for (size_t i = 0; i < std::min(lengths.size(), size_t(options_.batch)); ++i) tokens.step += lengths[i];
  return tokens;
}

size_t TextTraining::bytes_of(const TrainOptions& options, const StepTokens& most) const {
  const double copies = 1 + state_per_value(options.optimizer) + (options.ema_decay > 0);  // the gradient's is one
  const size_t tokens = std::max(most.row, std::min(most.step, size_t(options.micro_batch_tokens)));
  return activation_bytes(*model_->trunk, tokens, options) + size_t(copies * double(trained_values()) * sizeof(float));
}

size_t TextTraining::memory_estimate(const Dataset& data) const { return bytes_of(options_, step_tokens(data)); }

// Smaller micro-batches cost less time than recomputation.
void TextTraining::fit_to_memory(const Dataset& data, size_t bytes) {
  const StepTokens most = step_tokens(data);
  const int fewest = int(std::max(most.row, size_t(kFewestTokens)));
  TrainOptions options = options_;
  size_t needed = 0;
  for (const bool recompute : {options_.recompute, true}) {
    options.recompute = recompute;
    for (int tokens = options_.micro_batch_tokens;; tokens = std::max(tokens / 2, fewest)) {
      options.micro_batch_tokens = tokens;
      needed = bytes_of(options, most);
      if (needed <= bytes) {
        options_ = std::move(options);
        return;
      }
      if (tokens <= fewest) break;
    }
  }
  fail<ResourceError>("fit_to_memory: ", needed, " bytes are needed with recomputation and ", fewest,
                      " tokens at once, but there are ", bytes, ": a smaller max_length, rank or optimizer needs less");
}

void TextTraining::fit_to_time(const Dataset& data, double seconds) {
  check(std::isfinite(seconds) && seconds > 0, "fit_to_time: seconds is ", seconds, ", expected more than 0");
  with_fit(data, nullptr, no_notice, [&](Fit& fit) {
    options_.max_steps = int(std::clamp(seconds / fit.time_step(), 1.0, double(fit.steps())));
    return TrainReport();
  });
}

}  // namespace graft::inline v0
