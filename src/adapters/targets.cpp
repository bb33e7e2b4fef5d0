// SPDX-License-Identifier: Apache-2.0
//
// Which modules an adapter changes, by PEFT's rules: a list matches the end of a name, a text is a regular expression
// for the whole name.
#include <algorithm>

#include "adapters/lora.hpp"
#include "support/message.hpp"
#include "support/pattern.hpp"

namespace graft::inline v0 {
namespace {

bool ends_with_module(std::string_view name, std::string_view target) {
  return name == target ||
         (name.ends_with(target) && name.size() > target.size() && name[name.size() - target.size() - 1] == '.');
}

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

bool is_in_layers(const LoraConfig& config, std::string_view name) {
  if (config.layers.empty()) return true;
  return std::find(config.layers.begin(), config.layers.end(), layer_of(name, config.layers_pattern)) !=
         config.layers.end();
}

const std::string* find_pattern(const auto& patterns, const std::string& site) {
  for (const auto& [pattern, value] : patterns)
    if (Pattern("(?:.*\\.)?(?:" + pattern + ")", "rank_pattern").matches_whole(site)) return &pattern;
  return nullptr;
}

// A module that exists and has no site: an embedding, a norm.
void refuse_unknown_kind(const Trunk& trunk, const std::string& target, bool is_used) {
  if (is_used) return;
  for (const auto& [module, weight] : trunk.parameters.all())
    check<UnsupportedError>(!ends_with_module(weight->name(), target + ".weight"), "unsupported: method LoRA on ",
                            weight->name(), " (target_modules: \"", target, "\")");
}

}  // namespace

std::vector<int> find_targets(const Trunk& trunk, const LoraConfig& config) {
  const std::vector<Parameters::Site>& sites = trunk.parameters.sites();
  const bool all_linear =
      config.target_pattern == "all-linear" || (config.targets.empty() && config.target_pattern.empty());
  std::optional<Pattern> pattern;
  if (!all_linear && !config.target_pattern.empty()) pattern.emplace(config.target_pattern, "target_modules");
  std::vector<bool> used(config.targets.size());
  std::vector<int> found;
  for (size_t i = 0; i < sites.size(); ++i) {
    const std::string& name = sites[i].name;
    bool chosen = all_linear ? !trunk.transformer.is_of_head(sites[i].projection.weight) : pattern && pattern->matches_whole(name);
    for (size_t t = 0; t < config.targets.size(); ++t)
      if (ends_with_module(name, config.targets[t])) used[t] = chosen = true;
    for (const std::string& target : config.excluded)
      if (ends_with_module(name, target)) chosen = false;
    if (chosen && is_in_layers(config, name)) found.push_back(int(i));
  }
  for (size_t t = 0; t < used.size(); ++t) refuse_unknown_kind(trunk, config.targets[t], used[t]);
  for (size_t t = 0; t < used.size(); ++t)
    check(used[t], "LoRA: target_modules: the model has no module \"", config.targets[t], "\", it has for example \"",
          sites[0].name, "\"");
  check(!found.empty(), "LoRA: target_modules: no module of the model is chosen");
  return found;
}

int rank_of(const LoraConfig& config, const std::string& site) {
  const std::string* pattern = find_pattern(config.rank_pattern, site);
  return pattern ? config.rank_pattern.at(*pattern) : config.rank;
}

float alpha_of(const LoraConfig& config, const std::string& site) {
  const std::string* pattern = find_pattern(config.alpha_pattern, site);
  return pattern ? config.alpha_pattern.at(*pattern) : config.alpha;
}

}  // namespace graft::inline v0
