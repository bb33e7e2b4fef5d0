// SPDX-License-Identifier: Apache-2.0
#include "adapters/kept_weights.hpp"

#include <algorithm>
#include <map>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

bool is_bias(std::string_view name) { return name.ends_with(".bias"); }

std::string module_of(const std::string& weight) { return weight.substr(0, weight.rfind('.')); }

bool is_target(const std::vector<Target>& targets, const std::string& module) {
  return std::any_of(targets.begin(), targets.end(), [&](const Target& target) { return target.name == module; });
}

}  // namespace

KeptConfig read_kept(const JsonObject& json) {
  KeptConfig config{.modules = texts_of(json, "modules_to_save")};
  const std::string bias = json.text_or("bias", "none");
  if (bias == "all") config.bias = TrainedBias::all;
  if (bias.ends_with("_only")) config.bias = TrainedBias::targets;
  if (bias != "none" && config.bias == TrainedBias::none) json.refuse("bias", "none, all or lora_only");
  return config;
}

void write_kept(const KeptConfig& config, Json& json) {
  constexpr const char* kBiases[] = {"none", "all", "lora_only"};
  json["modules_to_save"] = config.modules.empty() ? Json(nullptr) : Json(config.modules);
  json["bias"] = kBiases[size_t(config.bias)];
}

std::vector<std::string> drawn_modules(const Trunk& trunk) {
  // Of each module that a name goes through, whether all of its weights were drawn.
  std::map<std::string, bool> is_drawn;
  for (const auto& [module, weight] : trunk.parameters.all()) {
    const bool drawn = std::find(trunk.drawn.begin(), trunk.drawn.end(), weight.get()) != trunk.drawn.end();
    const std::string& name = weight->name();
    for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      const auto [at, is_new] = is_drawn.emplace(name.substr(0, dot), drawn);
      at->second = at->second && drawn;
    }
  }
  std::vector<std::string> modules;
  for (const auto& [name, drawn] : is_drawn)
    if (drawn && !is_in_modules(name, modules)) modules.push_back(name);
  return modules;
}

KeptWeights::KeptWeights(const Trunk& trunk, const KeptConfig& config, const std::vector<Target>& targets) {
  const Lane lane(trunk.backend);
  const std::shared_ptr<Memory> memory = Memory::create(*trunk.backend);
  bool has_module = config.modules.empty();
  for (const auto& [module, weight] : trunk.parameters.all()) {
    const std::string owner = module_of(weight->name());
    const bool is_of_module = is_in_modules(owner, config.modules), is_of_target = is_target(targets, owner);
    has_module = has_module || is_of_module;
    const bool is_trained_bias = is_bias(weight->name()) && (config.bias == TrainedBias::all ||
                                                             (config.bias == TrainedBias::targets && is_of_target));
    if (!is_of_module && !is_trained_bias) continue;
    check<UnsupportedError>(weight.get() != trunk.transformer.tokens() || !trunk.transformer.is_of_head(weight.get()),
                            "unsupported: modules_to_save with ", weight->name(), ", which the head shares");
    auto own = std::make_shared<Weight>(weight->copy(memory));
    own->thaw(lane, memory, false);
    const std::string& prefix = targets.empty() ? kUnwrappedPrefix : kPeftPrefix;
    entries_.push_back({std::move(own), prefix + (is_of_target ? owner + ".base_layer.bias" : weight->name()),
                        layout_of(trunk.family, Naming::checkpoint, module)});
  }
  check(has_module, "modules_to_save: the model has no module \"", config.modules.empty() ? "" : config.modules[0],
        "\"");
}

void KeptWeights::replace_in(Edits& edits) const {
  for (const Entry& entry : entries_) edits.replaced[entry.own->number()] = entry.own;
}

void KeptWeights::list(std::vector<AdapterTensor>& tensors) const {
  for (const auto& [own, name, layout] : entries_) {
    const Tensor& value = own->parameter();
    AdapterTensor tensor = AdapterTensor::matrix(name, value);
    tensor.transposed = own->kind() == Weight::Kind::matrix && layout == Layout::transposed;
    if (tensor.transposed) std::swap(tensor.shape[0], tensor.shape[1]);
    if (own->kind() == Weight::Kind::vector && layout != Layout::one_row) tensor.shape.erase(tensor.shape.begin());
    tensors.push_back(std::move(tensor));
  }
}

void KeptWeights::repack(const Lane& lane) const {
  for (const Entry& entry : entries_) entry.own->repack(lane);
}

KeptWeights KeptWeights::copy(const std::shared_ptr<Memory>& memory) const {
  KeptWeights copied = *this;
  for (Entry& entry : copied.entries_) entry.own = std::make_shared<Weight>(entry.own->copy(memory));
  return copied;
}

}  // namespace graft::inline v0
