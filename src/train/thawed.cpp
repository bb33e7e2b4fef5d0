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

// The number of the layer that a module belongs to; those of embeddings and of an encoder before a decoder count as
// below all, those of heads and the last norm as above.
constexpr int kBelow = -1, kAbove = INT32_MAX;
int layer_of(std::string_view module) {
  constexpr std::string_view kBlocks = "blocks.";
  if (module.starts_with("encoder.") || module.starts_with("embedding")) return kBelow;
  return module.starts_with(kBlocks) ? std::atoi(module.data() + kBlocks.size()) : kAbove;
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

}  // namespace

Thawed::Thawed(const Parameters& parameters, const Lane& lane, const std::shared_ptr<Memory>& memory,
               const TrainOptions& options)
    : lane_(lane) {
  std::vector<Pattern> frozen;
  for (const std::string& text : options.frozen) frozen.emplace_back(text, "TrainOptions: frozen");
  const int first = first_trained(parameters, options.trained_layers);
  for (const auto& [module, weight] : parameters.all()) {
    const auto matches = [&](const Pattern& pattern) { return pattern.matches_whole(weight->name()); };
    if (!is_trained(*weight))
      running_.push_back(weight.get());
    else if (layer_of(module) >= first && std::none_of(frozen.begin(), frozen.end(), matches))
      trained_.push_back(weight.get());
  }
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
