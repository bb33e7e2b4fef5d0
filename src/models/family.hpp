// SPDX-License-Identifier: Apache-2.0
//
// A family of models: how its config.json becomes a TransformerConfig, and what its checkpoint calls each module. One
// file a family; the list is in families.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "nn/config.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

// A module under its three names; "*" is the layer. Weights are NAME.weight and NAME.bias.
struct ModuleName {
  std::string_view module;      // "blocks.*.attention.query"
  std::string_view checkpoint;  // "model.layers.*.self_attn.q_proj"
  std::string_view gguf;        // "blk.*.attn_q"
  bool rotary_rows = false;     // GGUF stores the rows of each head as neighbouring pairs, not as halves
};

struct Family {
  std::string_view architecture;  // in config.json: "LlamaForCausalLM"
  std::string_view model_type;    // in config.json, and the architecture of a GGUF file: "llama"
  TransformerConfig (*configure)(const JsonObject& json);
  std::span<const ModuleName> names;
};

std::span<const Family* const> families();

// The family of a config.json. Throws UnsupportedError with the name that was found and those that are known.
const Family& find_family(const JsonObject& config);

// "blocks.3.mlp.up.weight" as the checkpoint or the GGUF file calls it.
enum class Naming { checkpoint, gguf };
std::string external_name(const Family& family, Naming naming, std::string_view module);
// The row of the family's table for such a name.
const ModuleName& module_name(const Family& family, std::string_view module);

}  // namespace graft::inline v0
