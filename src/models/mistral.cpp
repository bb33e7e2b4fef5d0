// SPDX-License-Identifier: Apache-2.0
//
// Mistral (Jiang et al. 2023): Llama whose layers see a window of keys.
#include "models/llama_names.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  read_window(json, config.stack);
  return config;
}

constexpr Architecture kArchitectures[] = {{"MistralForCausalLM", Task::causal},
                                           {"MistralForSequenceClassification", Task::classify},
                                           {"MistralForTokenClassification", Task::tag},
                                           {"MistralModel", Task::features}};

}  // namespace

extern const Family kMistral;
const Family kMistral = {"mistral", "", "model.", kArchitectures, configure, kLlamaNames};

}  // namespace graft::inline v0
