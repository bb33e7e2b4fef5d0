// SPDX-License-Identifier: Apache-2.0
#include "nn/parameters.hpp"

namespace graft::inline v0 {

Weight* Parameters::declare(Weight::Kind kind, const std::string& name, int rows, int cols) {
  entries_.push_back({name, std::make_unique<Weight>(kind, checkpoint_name_(name), rows, cols, int(entries_.size()))});
  Weight* weight = entries_.back().weight.get();
  by_name_.emplace(weight->name(), weight);
  return weight;
}

Projection Parameters::projection(const std::string& module, int rows, int cols, bool bias) {
  Projection projection{matrix(module, rows, cols), bias ? vector(module + ".bias", rows) : nullptr,
                        int(sites_.size())};
  sites_.push_back({checkpoint_name_(module), projection});
  return projection;
}

Weight* Parameters::find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : found->second;
}

int Parameters::find_site(std::string_view name) const {
  for (size_t i = 0; i < sites_.size(); ++i)
    if (sites_[i].name == name) return int(i);
  return -1;
}

}  // namespace graft::inline v0
