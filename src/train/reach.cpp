// SPDX-License-Identifier: Apache-2.0
#include "train/reach.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

const std::string& key_of(const Parameter& parameter) {
  return parameter.place.experts.empty() ? parameter.name : parameter.place.experts;
}

}  // namespace

Reach::Reach(const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters) waiting_.insert(key_of(parameter));
}

void Reach::check(const Gradients& gradients, const std::vector<Parameter>& parameters, bool ends_epoch) {
  if (waiting_.empty()) return;
  for (const Parameter& parameter : parameters)
    if (gradients.reached(parameter.value)) waiting_.erase(key_of(parameter));
  for (const Parameter& parameter : parameters)
    graft::check<NumericError>(
        !waiting_.contains(key_of(parameter)) || (!parameter.place.experts.empty() && !ends_epoch),
        "training: no gradient reaches ", parameter.name);
}

}  // namespace graft::inline v0
