// SPDX-License-Identifier: Apache-2.0
#include "train/place.hpp"

#include <algorithm>

#include "train/layer_name.hpp"

namespace graft::inline v0 {
namespace {

// A layer of a stack, "blocks.3.attention…" or "encoder.blocks.3…", or of a sequential network, "layers.3…".
std::optional<Numbered> layer_of(const std::string& module) {
  const std::optional<Numbered> block = numbered(module, "blocks.");
  return block ? block : numbered(module, "layers.");
}

class Places {
 public:
  explicit Places(const Parameters& network) {
    for (const auto& [module, weight] : network.all()) {
      modules_.emplace(weight->name(), Entry{module, weight->kind()});
      if (const std::optional<Numbered> layer = layer_of(module))
        layers_[layer->before] = std::max(layers_[layer->before], layer->number + 1);
    }
  }

  Place of(const std::string& name) const {
    if (const auto own = modules_.find(name); own != modules_.end()) {
      Place place = of_module(own->second.module);
      if (own->second.kind == Weight::Kind::vector)
        place.kind = Place::Kind::vector;
      else
        place.kind = layer_of(own->second.module) ? Place::Kind::matrix : Place::Kind::edge;
      return place;
    }
    for (size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0; dot = name.rfind('.', dot - 1))
      if (const auto base = modules_.find(name.substr(0, dot) + ".weight"); base != modules_.end()) {
        Place place = of_module(base->second.module);
        if (!place.experts.empty()) place.experts += name.substr(dot);
        return place;
      }
    return {};
  }

 private:
  Place of_module(const std::string& module) const {
    Place place;
    if (const std::optional<Numbered> layer = layer_of(module)) {
      // The last layer of a sequential network is its head.
      const int heads_above = module.find("blocks.") == std::string::npos ? 0 : 1;
      place.depth = layers_.at(layer->before) - 1 - layer->number + heads_above;
    } else {
      const std::string stack = module.starts_with("encoder.") ? "encoder." : "";
      const bool is_below =
          module.compare(stack.size(), 9, "embedding") == 0 || module.find("relative") == stack.size();
      if (const auto layers = layers_.find(stack); is_below && layers != layers_.end())
        place.depth = layers->second + 1;
    }
    if (const std::optional<Numbered> expert = numbered(module, "experts."))
      place.experts = expert->before + expert->after;
    return place;
  }

  struct Entry {
    std::string module;
    Weight::Kind kind;
  };
  std::unordered_map<std::string, Entry> modules_;  // by the checkpoint's name
  std::unordered_map<std::string, int> layers_;     // of each stack, by what stands before their names
};

}  // namespace

void find_places(std::vector<Parameter>& parameters, const Parameters& network) {
  const Places places(network);
  for (Parameter& parameter : parameters) parameter.place = places.of(parameter.name);
}

}  // namespace graft::inline v0
