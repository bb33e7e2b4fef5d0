// SPDX-License-Identifier: Apache-2.0
#include "adapters/adalora.hpp"
#include "adapters/gguf_adapter.hpp"
#include "adapters/ia3.hpp"
#include "adapters/lora.hpp"
#include "adapters/mix.hpp"
#include "adapters/peft_files.hpp"
#include "adapters/prefix.hpp"
#include "adapters/prompt.hpp"
#include "adapters/vera.hpp"
#include "api/adapter_state.hpp"
#include "api/model_state.hpp"
#include "api/text_form.hpp"
#include "formats/gguf.hpp"
#include "graft/adalora_adapter.hpp"
#include "graft/lora_adapter.hpp"
#include "graft/prompt_adapters.hpp"
#include "graft/vector_adapters.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

template <class Options>
TargetChoice targets_of(const Options& options) {
  check(options.targets.empty() || options.target_pattern.empty(),
        "targets and target_pattern are both given, expected one of them");
  return {.modules = options.targets,
          .pattern = options.target_pattern,
          .excluded = options.excluded,
          .layers = options.layers};
}

// With the head that the model got when it was loaded.
KeptConfig kept_of(const Model& model, std::vector<std::string> modules, TrainedBiases biases = TrainedBiases::none) {
  const std::vector<std::string> drawn = drawn_modules(*model.state()->trunk);
  modules.insert(modules.end(), drawn.begin(), drawn.end());
  return {.modules = std::move(modules), .bias = TrainedBias(biases)};
}

std::unique_ptr<Method> make(const Model& model, const LoRAOptions& options) {
  return Lora::create(*model.state()->trunk,
                      {.targets = targets_of(options),
                       .kept = kept_of(model, options.save_modules, options.biases),
                       .rank = options.rank,
                       .alpha = options.alpha,
                       .dropout = options.dropout,
                       .rank_stabilized = options.rank_stabilized,
                       .dora = options.dora,
                       .initial = LoraInitial(options.initial),
                       .rank_pattern = options.rank_pattern,
                       .alpha_pattern = options.alpha_pattern,
                       .plus_ratio = options.plus_ratio},
                      options.seed);
}

std::unique_ptr<Method> make(const Model& model, const AdaLoRAOptions& options) {
  return AdaLora::create(*model.state()->trunk,
                         {.targets = targets_of(options),
                          .kept = kept_of(model, options.save_modules, options.biases),
                          .alpha = options.alpha,
                          .dropout = options.dropout,
                          .initial_rank = options.initial_rank,
                          .target_rank = options.target_rank,
                          .warmup_steps = options.warmup_steps,
                          .final_steps = options.final_steps,
                          .interval = options.interval,
                          .beta1 = options.beta1,
                          .beta2 = options.beta2,
                          .orthogonality = options.orthogonality},
                         options.seed);
}

std::unique_ptr<Method> make(const Model& model, const IA3Options& options) {
  const Trunk& trunk = *model.state()->trunk;
  Ia3Config config = usual_ia3(trunk);
  if (!options.targets.empty()) {
    config.targets.modules = options.targets;
    config.feedforward = options.feedforward;
  }
  config.targets.excluded = options.excluded;
  config.kept = kept_of(model, options.save_modules);
  return std::make_unique<Ia3>(trunk, config);
}

std::unique_ptr<Method> make(const Model& model, const VeRAOptions& options) {
  return std::make_unique<Vera>(*model.state()->trunk,
                                VeraConfig{.targets = targets_of(options),
                                           .kept = kept_of(model, options.save_modules, options.biases),
                                           .rank = options.rank,
                                           .dropout = options.dropout,
                                           .initial = options.initial,
                                           .seed = options.seed});
}

VirtualTokensConfig virtual_tokens_of(const Model& model, const VirtualTokenOptions& options) {
  const std::vector<int32_t> text = model.tokenizer().encode(options.initial_text, {.special_tokens = false});
  return {.initial = initial_tokens(*model.state()->trunk, text, options.tokens, options.seed),
          .kept = kept_of(model, options.save_modules)};
}

std::shared_ptr<Adapter::State> state_with(const Model& model, std::unique_ptr<Method> method) {
  return std::make_shared<Adapter::State>(std::move(method), model.state()->path, model.tokenizer());
}

void save_adapter(const Method& method, const std::filesystem::path& path, const Adapter::State& state) {
  if (is_gguf(path)) return save_gguf_adapter(method, path);
  save_peft(method, path, state.base);
  save_text_form(state.tokenizer, path);
}

template <class Options>
std::shared_ptr<Adapter::State> state_of(const Model& model, const Options& options) {
  return state_with(model, make(model, options));
}

}  // namespace

Adapter Adapter::load(const std::filesystem::path& path, const Model& model, const AdapterLoadOptions& options) {
  const Trunk& trunk = *model.state()->trunk;
  if (!options.other_texts) check_text_form(model.tokenizer(), path);
  return Adapter(state_with(model, is_gguf(path) ? load_gguf_adapter(path, trunk) : load_peft(path, trunk)));
}

void Adapter::save(const std::filesystem::path& path) const { save_adapter(*state_->current()->method, path, *state_); }

void Adapter::save_as_lora(const std::filesystem::path& path, const Model& model) const {
  save_adapter(*Lora::of(*state_->current()->method, *model.state()->trunk), path, *state_);
}

Adapter mix_adapters(const Model& model, const std::vector<const Adapter*>& adapters, const MixOptions& options) {
  std::vector<std::shared_ptr<const FixedAdapter>> fixed;
  std::vector<const Method*> methods;
  for (const Adapter* adapter : adapters) {
    check(adapter != nullptr, "mix_adapters: an adapter is null");
    methods.push_back(fixed.emplace_back(adapter->state()->current())->method.get());
  }
  return Adapter(state_with(model, mix(methods, options, *model.state()->trunk)));
}

std::string Adapter::method() const { return state_->current()->method->config()["peft_type"].get<std::string>(); }
int64_t Adapter::parameters() const { return state_->current()->method->parameters(); }
std::vector<std::string> Adapter::sites() const { return state_->current()->method->sites(); }
std::map<std::string, int> Adapter::ranks() const { return state_->current()->method->ranks(); }

LoRAAdapter::LoRAAdapter(const Model& model, const LoRAOptions& options) : Adapter(state_of(model, options)) {}
AdaLoRAAdapter::AdaLoRAAdapter(const Model& model, const AdaLoRAOptions& options) : Adapter(state_of(model, options)) {}
IA3Adapter::IA3Adapter(const Model& model, const IA3Options& options) : Adapter(state_of(model, options)) {}
VeRAAdapter::VeRAAdapter(const Model& model, const VeRAOptions& options) : Adapter(state_of(model, options)) {}
PromptAdapter::PromptAdapter(const Model& model, const VirtualTokenOptions& options)
    : Adapter(state_with(model, std::make_unique<Prompt>(*model.state()->trunk, virtual_tokens_of(model, options)))) {}
PrefixAdapter::PrefixAdapter(const Model& model, const VirtualTokenOptions& options)
    : Adapter(state_with(model, std::make_unique<Prefix>(*model.state()->trunk, virtual_tokens_of(model, options)))) {}

}  // namespace graft::inline v0
