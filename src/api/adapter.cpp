// SPDX-License-Identifier: Apache-2.0
#include "api/adapter_state.hpp"
#include "api/model_state.hpp"

namespace graft::inline v0 {
namespace {

LoraConfig config_of(const LoRAOptions& options) {
  check(options.targets.empty() || options.target_pattern.empty(),
        "LoRAOptions: targets and target_pattern are both given, expected one of them");
  return {.rank = options.rank,
          .alpha = options.alpha,
          .dropout = options.dropout,
          .rank_stabilized = options.rank_stabilized,
          .targets = options.targets,
          .target_pattern = options.target_pattern,
          .excluded = options.excluded,
          .layers = options.layers,
          .layers_pattern = {},
          .rank_pattern = options.rank_pattern,
          .alpha_pattern = options.alpha_pattern};
}

}  // namespace

Adapter Adapter::load(const std::filesystem::path& folder, const Model& model) {
  return Adapter(std::make_shared<State>(load_peft(folder, *model.state()->trunk), model.state()->path));
}

void Adapter::save(const std::filesystem::path& folder) const { save_peft(*state_->current(), folder, state_->base); }

int64_t Adapter::parameters() const {
  int64_t count = 0;
  for (const LoraSite& site : state_->working.sites())
    count += int64_t(site.low_rank.down.size() + site.low_rank.up.size());
  return count;
}

std::vector<std::string> Adapter::sites() const {
  std::vector<std::string> names;
  for (const LoraSite& site : state_->working.sites()) names.push_back(site.name);
  return names;
}

LoRAAdapter::LoRAAdapter(const Model& model, const LoRAOptions& options)
    : Adapter(std::make_shared<State>(Lora::create(*model.state()->trunk, config_of(options), options.seed),
                                      model.state()->path)) {}

}  // namespace graft::inline v0
