// SPDX-License-Identifier: Apache-2.0
#include "train/thawed.hpp"

#include <algorithm>

#include "nn/sequential.hpp"
#include "support/message.hpp"
#include "support/pattern.hpp"

namespace graft::inline v0 {
namespace {

std::vector<NamedTensor> named(const std::vector<Weight*>& weights) {
  std::vector<NamedTensor> tensors;
  for (const Weight* weight : weights) tensors.push_back({weight->name(), weight->parameter()});
  return tensors;
}

std::vector<Pattern> patterns(const std::vector<std::string>& texts, const char* where) {
  std::vector<Pattern> compiled;
  for (const std::string& text : texts) compiled.emplace_back(text, where);
  return compiled;
}

bool matches_any(const std::vector<Pattern>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const Pattern& pattern) { return pattern.matches_whole(name); });
}

}  // namespace

Thawed::Thawed(const Parameters& parameters, const Lane& lane, const std::shared_ptr<Memory>& memory,
               const TrainOptions& options, std::span<const Weight* const> drawn)
    : lane_(lane) {
  const std::vector<Pattern> frozen = patterns(options.frozen, "TrainOptions: frozen"),
                             trained = patterns(options.trained, "TrainOptions: trained");
  for (const auto& [module, weight] : parameters.all()) {
    const bool is_chosen = trained.empty() || matches_any(trained, weight->name()) ||
                           std::find(drawn.begin(), drawn.end(), weight.get()) != drawn.end();
    if (!is_trained(*weight))
      running_.push_back(weight.get());
    else if (is_chosen && !matches_any(frozen, weight->name()))
      trained_.push_back(weight.get());
  }
  check(!trained_.empty(), "TrainOptions: frozen and trained leave no weight that is trained");
  for (Weight* weight : trained_) weight->thaw(lane, memory, options.precision == Precision::f32);
}

Thawed::~Thawed() {
  for (Weight* weight : trained_) weight->freeze();
}

Trainable Thawed::trainable() const {
  return {named(trained_), named(running_), [this] {
            for (Weight* weight : trained_) weight->repack(lane_);
          }};
}

}  // namespace graft::inline v0
