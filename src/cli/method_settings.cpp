// SPDX-License-Identifier: Apache-2.0
#include "cli/method_settings.hpp"

#include <array>

namespace graft::inline v0 {
namespace {

constexpr std::array kBiasNames = {"none", "all", "targets"};
constexpr std::array kInitialNames = {"kaiming", "pissa", "olora"};

// Which matrices a method changes, and what else is a part of its adapter.
template <class Options>
void add_targets(std::vector<Setting>& settings, Options& options) {
  settings.push_back(list("targets", options.targets));
  settings.push_back(list("excluded", options.excluded));
  settings.push_back(list("save_modules", options.save_modules));
}

std::vector<Setting> lora_settings(LoRAOptions& lora, bool is_dora) {
  std::vector<Setting> settings = {number("rank", lora.rank),
                                   number("alpha", lora.alpha),
                                   number("dropout", lora.dropout),
                                   flag("rank_stabilized", lora.rank_stabilized),
                                   number("plus_ratio", lora.plus_ratio),
                                   choice("biases", lora.biases, kBiasNames)};
  if (!is_dora) settings.push_back(choice("initial", lora.initial, kInitialNames));
  add_targets(settings, lora);
  return settings;
}

std::vector<Setting> adalora_settings(AdaLoRAOptions& adalora) {
  std::vector<Setting> settings = {number("initial_rank", adalora.initial_rank),
                                   number("target_rank", adalora.target_rank),
                                   number("alpha", adalora.alpha),
                                   number("dropout", adalora.dropout),
                                   number("rank_warmup_steps", adalora.warmup_steps),
                                   number("rank_final_steps", adalora.final_steps),
                                   number("interval", adalora.interval),
                                   number("orthogonality", adalora.orthogonality),
                                   choice("biases", adalora.biases, kBiasNames)};
  add_targets(settings, adalora);
  return settings;
}

std::vector<Setting> ia3_settings(IA3Options& ia3) {
  std::vector<Setting> settings = {list("feedforward", ia3.feedforward)};
  add_targets(settings, ia3);
  return settings;
}

std::vector<Setting> vera_settings(VeRAOptions& vera) {
  std::vector<Setting> settings = {number("rank", vera.rank), number("dropout", vera.dropout),
                                   number("initial", vera.initial), choice("biases", vera.biases, kBiasNames)};
  add_targets(settings, vera);
  return settings;
}

std::vector<Setting> virtual_token_settings(VirtualTokenOptions& options) {
  return {number("tokens", options.tokens), text("initial_text", options.initial_text),
          list("save_modules", options.save_modules)};
}

}  // namespace

std::vector<Setting> method_settings(TrainSettings& settings) {
  switch (settings.method) {
    case TrainMethod::lora:
    case TrainMethod::dora:
      return lora_settings(settings.lora, settings.method == TrainMethod::dora);
    case TrainMethod::adalora:
      return adalora_settings(settings.adalora);
    case TrainMethod::ia3:
      return ia3_settings(settings.ia3);
    case TrainMethod::vera:
      return vera_settings(settings.vera);
    case TrainMethod::prefix:
    case TrainMethod::prompt:
      return virtual_token_settings(settings.virtual_tokens);
    case TrainMethod::bitfit:
    case TrainMethod::full:
      break;
  }
  return {};
}

}  // namespace graft::inline v0
