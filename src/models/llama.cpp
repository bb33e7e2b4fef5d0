// SPDX-License-Identifier: Apache-2.0
//
// Llama (Touvron et al. 2023) and everything built like it: Llama 2 and 3, SmolLM2, TinyLlama …
#include "models/llama_names.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

constexpr Architecture kArchitectures[] = {{"LlamaForCausalLM", Task::causal},
                                           {"LlamaForSequenceClassification", Task::classify},
                                           {"LlamaForTokenClassification", Task::tag},
                                           {"LlamaModel", Task::features}};

}  // namespace

extern const Family kLlama;
const Family kLlama = {"llama", "llama", "model.", kArchitectures, read_decoder, kLlamaNames};

}  // namespace graft::inline v0
