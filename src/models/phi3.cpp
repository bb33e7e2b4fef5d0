// SPDX-License-Identifier: Apache-2.0
//
// Phi-3 (Abdin et al. 2024): Llama with fused matrices, and rotary positions of a part of each head.
#include "models/llama_names.hpp"
#include "models/read_config.hpp"

namespace graft::inline v0 {
namespace {

TransformerConfig configure(const JsonObject& json, Task task) {
  TransformerConfig config = read_decoder(json, task);
  StackConfig& stack = config.stack;
  stack.attention.fused = FusedQkv::parts;
  stack.mlp.fused = true;
  stack.dropout = read_rate(json, "resid_pdrop", 0);
  read_window(json, stack);
  return config;
}

constexpr Architecture kArchitectures[] = {{"Phi3ForCausalLM", Task::causal},
                                           {"Phi3ForSequenceClassification", Task::classify},
                                           {"Phi3ForTokenClassification", Task::tag},
                                           {"Phi3Model", Task::features}};

}  // namespace

extern const Family kPhi3;
const Family kPhi3 = {"phi3", "phi3", "model.", kArchitectures, configure, kQwenNames};

}  // namespace graft::inline v0
