// SPDX-License-Identifier: Apache-2.0
#include "adapters/ia3.hpp"

#include <algorithm>

namespace graft::inline v0 {

Ia3Config usual_ia3(const Trunk& trunk) {
  Ia3Config config;
  for (const auto& [name, projection] : trunk.parameters.sites()) {
    const std::string& module = trunk.parameters.all()[size_t(projection.weight->number())].module;
    const auto is = [&](const char* end) { return module.ends_with(std::string(end) + ".weight"); };
    const bool is_last = module.find(".mlp.") != std::string::npos && is(".down");
    const bool is_attention =
        is("attention.key") || is("attention.value") || is("attention.qkv") || is("cross.key") || is("cross.value");
    if (is_last) config.feedforward.push_back(name);
    if (is_last || is_attention) config.targets.modules.push_back(name);
  }
  return config;
}

Ia3::Ia3(const Trunk& trunk, const Ia3Config& config)
    : Method(trunk, config.targets, config.kept, false), config_(config) {
  const std::shared_ptr<Memory> memory = fresh_memory();
  for (const Target& target : targets()) {
    gains_.emplace_back(*memory, 1, is_feedforward(target) ? target.weight->cols() : target.weight->rows());
    std::ranges::fill(gains_.back().values(), 1.0f);
  }
  make_edits();
}

std::unique_ptr<Method> Ia3::from_peft(const JsonObject& json, const Trunk& trunk) {
  return std::make_unique<Ia3>(trunk,
                               Ia3Config{read_targets(json), texts_of(json, "feedforward_modules"), read_kept(json)});
}

bool Ia3::is_feedforward(const Target& target) const {
  return std::any_of(config_.feedforward.begin(), config_.feedforward.end(),
                     [&](const std::string& end) { return ends_with_module(target.name, end); });
}

std::unique_ptr<Method> Ia3::copy() const {
  const std::shared_ptr<Memory> memory = fresh_memory();
  auto copied = std::make_unique<Ia3>(*this);
  for (Tensor& gain : copied->gains_) gain = graft::copy(*memory, gain);
  copied->copy_kept();
  copied->make_edits();
  return copied;
}

Edits Ia3::made_edits() const {
  Edits edits = no_edits();
  for (size_t i = 0; i < gains_.size(); ++i) {
    SiteEdit& edit = edits.sites[size_t(targets()[i].site)];
    edit.gain_of_bias = true;
    (is_feedforward(targets()[i]) ? edit.input_gain : edit.output_gain) = gains_[i];
  }
  return edits;
}

std::vector<AdapterTensor> Ia3::factors() const {
  std::vector<AdapterTensor> tensors;
  for (size_t i = 0; i < gains_.size(); ++i) {
    tensors.push_back(AdapterTensor::matrix(kPeftPrefix + targets()[i].name + ".ia3_l", gains_[i]));
    if (!is_feedforward(targets()[i])) std::swap(tensors.back().shape[0], tensors.back().shape[1]);
  }
  return tensors;
}

Json Ia3::config() const {
  Json json = Method::config();
  json.update({{"peft_type", "IA3"}, {"feedforward_modules", config_.feedforward}, {"init_ia3_weights", true}});
  for (const char* field : {"bias", "layers_to_transform", "layers_pattern"}) json.erase(field);
  return json;
}

}  // namespace graft::inline v0
