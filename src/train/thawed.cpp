// SPDX-License-Identifier: Apache-2.0
#include "train/thawed.hpp"

#include <algorithm>

#include "nn/sequential.hpp"
#include "support/pattern.hpp"
#include "train/place.hpp"

namespace graft::inline v0 {
namespace {

template <class Named>
std::vector<Named> named(const std::vector<Weight*>& weights) {
  std::vector<Named> tensors;
  for (const Weight* weight : weights) tensors.push_back({weight->name(), weight->parameter()});
  return tensors;
}

}  // namespace

Thawed::Thawed(const Parameters& parameters, const Lane& lane, const std::shared_ptr<Memory>& memory,
               const TrainOptions& options)
    : parameters_(parameters), lane_(lane) {
  std::vector<Pattern> frozen;
  for (const std::string& text : options.frozen) frozen.emplace_back(text, "TrainOptions: frozen");
  for (const Parameters::Entry& entry : parameters.all()) {
    Weight* weight = entry.weight.get();
    const auto matches = [&](const Pattern& pattern) { return pattern.matches_whole(weight->name()); };
    if (!is_trained(*weight))
      running_.push_back(weight);
    else if (std::none_of(frozen.begin(), frozen.end(), matches))
      trained_.push_back(weight);
  }
  for (Weight* weight : trained_) weight->thaw(lane, memory, options.precision == Precision::f32);
}

Thawed::~Thawed() {
  for (Weight* weight : trained_) weight->freeze();
}

Trainable Thawed::trainable() const {
  std::vector<Parameter> trained = named<Parameter>(trained_);
  find_places(trained, parameters_);
  return {std::move(trained), named<NamedTensor>(running_), [this] {
            for (Weight* weight : trained_) weight->repack(lane_);
          }};
}

}  // namespace graft::inline v0
