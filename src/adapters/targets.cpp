// SPDX-License-Identifier: Apache-2.0
#include "adapters/targets.hpp"

#include <algorithm>

#include "support/message.hpp"
#include "support/pattern.hpp"

namespace graft::inline v0 {
namespace {

// The number that stands in the name as a part of its own, after `before` if that is given; -1: none.
int layer_of(std::string_view name, std::string_view before) {
  for (size_t at = 0; (at = name.find('.', at)) != std::string_view::npos; ++at) {
    const size_t end = std::min(name.find('.', at + 1), name.size());
    const std::string digits(name.substr(at + 1, end - at - 1));
    const bool is_number =
        !digits.empty() && digits.size() < 9 && digits.find_first_not_of("0123456789") == std::string::npos;
    if (is_number && (before.empty() || ends_with_module(name.substr(0, at), before))) return std::stoi(digits);
  }
  return -1;
}

bool is_in_layers(const TargetChoice& targets, std::string_view name) {
  if (targets.layers.empty()) return true;
  return std::find(targets.layers.begin(), targets.layers.end(), layer_of(name, targets.layers_pattern)) !=
         targets.layers.end();
}

// Every matrix that can be a target: the sites, and the tables that embeddings read.
std::vector<Target> matrices_of(const Trunk& trunk, bool takes_tables) {
  std::vector<Target> all;
  std::vector<bool> is_site(trunk.parameters.all().size());
  const std::vector<Parameters::Site>& sites = trunk.parameters.sites();
  for (size_t i = 0; i < sites.size(); ++i) {
    const int number = sites[i].projection.weight->number();
    all.push_back(
        {sites[i].name, trunk.parameters.all()[size_t(number)].module, sites[i].projection.weight, number, int(i)});
    is_site[size_t(number)] = true;
  }
  for (const auto& [module, weight] : trunk.parameters.all()) {
    const bool is_table = module.starts_with("embedding.") || module.starts_with("encoder.embedding.");
    if (!takes_tables || !is_table || weight->kind() != Weight::Kind::matrix || is_site[size_t(weight->number())])
      continue;
    all.push_back({weight->name().substr(0, weight->name().rfind('.')), module, weight.get(), weight->number(), -1});
  }
  return all;
}

// A module that exists and cannot be a target: a norm, or a table where none is taken.
void refuse_unknown_kind(const Trunk& trunk, const std::string& target) {
  for (const auto& [module, weight] : trunk.parameters.all())
    check<UnsupportedError>(!ends_with_module(weight->name(), target + ".weight"), "unsupported: an adapter on ",
                            weight->name(), " (target_modules: \"", target, "\")");
}

}  // namespace

bool ends_with_module(std::string_view name, std::string_view target) {
  return name == target ||
         (name.ends_with(target) && name.size() > target.size() && name[name.size() - target.size() - 1] == '.');
}

bool is_in_modules(std::string_view name, const std::vector<std::string>& modules) {
  for (size_t end = name.find('.'); true; end = name.find('.', end + 1)) {
    const std::string_view module = name.substr(0, end);
    for (const std::string& target : modules)
      if (module.ends_with(target)) return true;
    if (end == std::string_view::npos) return false;
  }
}

std::vector<Target> find_targets(const Trunk& trunk, const TargetChoice& targets, bool takes_tables,
                                 const std::vector<std::string>& kept) {
  const bool all_linear = targets.is_all_linear();
  std::optional<Pattern> pattern;
  if (!all_linear && !targets.pattern.empty()) pattern.emplace(targets.pattern, "target_modules");
  std::vector<bool> used(targets.modules.size());
  std::vector<Target> found;
  for (const Target& target : matrices_of(trunk, takes_tables)) {
    bool chosen = all_linear ? target.site >= 0 && !trunk.transformer.is_of_head(target.weight)
                             : pattern && pattern->matches_whole(target.name);
    for (size_t t = 0; t < used.size(); ++t)
      if (ends_with_module(target.name, targets.modules[t])) used[t] = chosen = true;
    for (const std::string& excluded : targets.excluded)
      if (ends_with_module(target.name, excluded)) chosen = false;
    if (chosen && is_in_layers(targets, target.name) && !is_in_modules(target.name, kept)) found.push_back(target);
  }
  for (size_t t = 0; t < used.size(); ++t) {
    if (used[t]) continue;
    refuse_unknown_kind(trunk, targets.modules[t]);
    fail<ArgumentError>("target_modules: the model has no module \"", targets.modules[t], "\", it has for example \"",
                        trunk.parameters.sites()[0].name, "\"");
  }
  check(!found.empty(), "target_modules: no module of the model is chosen");
  return found;
}

std::vector<std::string> texts_of(const JsonObject& json, std::string_view field) {
  if (!json.has(field)) return {};
  return json.find(field)->is_string() ? std::vector{json.text(field)} : json.texts(field);
}

TargetChoice read_targets(const JsonObject& json) {
  TargetChoice targets;
  if (json.has("target_modules") && json.find("target_modules")->is_string())
    targets.pattern = json.text("target_modules");
  else
    targets.modules = json.texts("target_modules");
  targets.excluded = texts_of(json, "exclude_modules");
  if (const Json* layers = json.find("layers_to_transform")) {
    if (layers->is_number_integer()) targets.layers = {layers->get<int>()};
    if (layers->is_array()) targets.layers = layers->get<std::vector<int>>();
  }
  const std::vector<std::string> pattern = texts_of(json, "layers_pattern");
  if (!pattern.empty()) targets.layers_pattern = pattern[0];
  return targets;
}

// All linear layers are written by their names, since programs differ in what they count as such.
void write_targets(const TargetChoice& targets, const std::vector<Target>& found, Json& json) {
  std::vector<std::string> names = targets.modules;
  if (targets.is_all_linear())
    for (const Target& target : found) names.push_back(target.name);
  json["target_modules"] = names.empty() ? Json(targets.pattern) : Json(names);
  json["exclude_modules"] = targets.excluded.empty() ? Json(nullptr) : Json(targets.excluded);
  json["layers_to_transform"] = targets.layers.empty() ? Json(nullptr) : Json(targets.layers);
  json["layers_pattern"] = targets.layers_pattern.empty() ? Json(nullptr) : Json(targets.layers_pattern);
}

}  // namespace graft::inline v0
