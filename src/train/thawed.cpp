// SPDX-License-Identifier: Apache-2.0
#include "train/thawed.hpp"

#include <algorithm>

#include "nn/sequential.hpp"
#include "support/message.hpp"
#include "support/pattern.hpp"
#include "train/layer_name.hpp"
#include "train/place.hpp"

namespace graft::inline v0 {
namespace {

template <class Named>
std::vector<Named> named(const std::vector<Weight*>& weights) {
  std::vector<Named> tensors;
  for (const Weight* weight : weights) tensors.push_back({weight->name(), weight->parameter()});
  return tensors;
}

// The number of the layer that a module belongs to; those of embeddings and of an encoder before a decoder count as
// below all, those of heads and the last norm as above.
constexpr int kBelow = -1, kAbove = INT32_MAX;
int layer_of(const std::string& module) {
  if (module.starts_with("encoder.") || module.starts_with("embedding")) return kBelow;
  const std::optional<Numbered> block = numbered(module, "blocks.");
  return block && block->before.empty() ? block->number : kAbove;
}

// The first layer that is trained where only the last ones are.
int first_trained(const Parameters& parameters, int trained_layers) {
  if (trained_layers == 0) return kBelow;
  int layers = 0;
  for (const auto& [module, weight] : parameters.all())
    if (const int layer = layer_of(module); layer != kAbove) layers = std::max(layers, layer + 1);
  check(trained_layers <= layers, "TrainOptions: trained_layers is ", trained_layers, ", expected at most ", layers);
  return layers - trained_layers;
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
    : parameters_(parameters), lane_(lane), memory_(memory) {
  const std::vector<Pattern> frozen = patterns(options.frozen, "TrainOptions: frozen"),
                             trained = patterns(options.trained, "TrainOptions: trained");
  const int first = first_trained(parameters, options.trained_layers);
  for (const Parameters::Entry& entry : parameters.all()) {
    Weight* weight = entry.weight.get();
    const bool is_chosen = trained.empty() || matches_any(trained, weight->name()) ||
                           std::find(drawn.begin(), drawn.end(), weight) != drawn.end();
    if (!is_trained(*weight))
      running_.push_back(weight);
    else if (is_chosen && layer_of(entry.module) >= first && !matches_any(frozen, weight->name()))
      trained_.push_back(weight);
  }
  check(!trained_.empty(), "TrainOptions: frozen and trained leave no weight that is trained");
  try {
    for (Weight* weight : trained_) weight->thaw(lane_, memory_, options.precision == Precision::f32);
  } catch (...) {
    freeze();
    throw;
  }
}

Thawed::~Thawed() { freeze(); }

void Thawed::freeze() {
  for (Weight* weight : trained_) weight->freeze(lane_, memory_);
}

Trainable Thawed::trainable() const {
  std::vector<Parameter> trained = named<Parameter>(trained_);
  find_places(trained, parameters_);
  return {.parameters = std::move(trained), .running = named<NamedTensor>(running_), .after_change = [this] {
            for (Weight* weight : trained_) weight->repack(lane_);
          }};
}

}  // namespace graft::inline v0
