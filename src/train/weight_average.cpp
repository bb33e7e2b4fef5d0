// SPDX-License-Identifier: Apache-2.0
#include "train/weight_average.hpp"

#include <algorithm>

namespace graft::inline v0 {

WeightAverage::WeightAverage(const std::vector<Parameter>& parameters, float decay, Memory& memory)
    : share_(1 - decay) {
  for (const Parameter& parameter : parameters) {
    Slot slot{parameter.name, parameter.value, Tensor(memory, parameter.value.rows(), parameter.value.cols())};
    slot.average.assign(slot.parameter);
    slots_.push_back(std::move(slot));
  }
}

void WeightAverage::follow(const Lane& lane) {
  for (const Slot& slot : slots_)
    lane.backend().kernels().approach(lane.stream(), slot.parameter.data(), share_, slot.average.data(),
                                      int64_t(slot.parameter.size()));
}

void WeightAverage::swap() {
  for (const Slot& slot : slots_) std::ranges::swap_ranges(slot.parameter.values(), slot.average.values());
}

std::vector<NamedTensor> WeightAverage::state() const {
  std::vector<NamedTensor> all;
  for (const Slot& slot : slots_) all.push_back({"average." + slot.name, slot.average});
  return all;
}

}  // namespace graft::inline v0
