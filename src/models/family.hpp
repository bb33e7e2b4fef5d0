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

// How a tensor lies in a file, where that is not as the network has it.
enum class Layout : uint8_t {
  same,
  rotary_rows,  // in GGUF: rows of each head are neighbouring pairs, not halves
  transposed,   // in the checkpoint: inputs × outputs (GPT-2's Conv1D)
  one_row,      // in the checkpoint: a vector as a matrix of one row
  plus_one,     // in GGUF: 1 is added (Gemma's gains)
};

// A module under its three names; "*" are the numbers in it, in order. Weights are NAME.weight and NAME.bias; a name
// that ends so itself is the whole name.
struct ModuleName {
  std::string_view module;      // "blocks.*.attention.query"
  std::string_view checkpoint;  // "model.layers.*.self_attn.q_proj"
  std::string_view gguf = "";   // "blk.*.attn_q"
  Layout layout = Layout::same;
};

// What a model's heads are for.
enum class Task {
  features,      // none: hidden states, and perhaps a pooled vector
  causal,        // the next token
  masked,        // hidden tokens
  pretraining,   // hidden tokens, and whether the second text follows the first
  classify,      // classes or numbers of a text
  tag,           // classes of tokens
  span,          // where an answer begins and ends
  discriminate,  // which tokens were replaced
  translate,     // a decoder's next token, given a source
};

struct Architecture {
  std::string_view name;  // in config.json: "LlamaForCausalLM"
  Task task;
};

struct Family {
  std::string_view model_type;  // in config.json: "llama"
  std::string_view gguf;        // architecture of a GGUF file; empty: there is none
  std::string_view base;        // what names begin with, but not in checkpoints of the bare trunk: "bert."
  std::span<const Architecture> architectures;
  TransformerConfig (*configure)(const JsonObject& json, Task task);
  std::span<const ModuleName> names;
};

std::span<const Family* const> families();

// What a config.json names. Throws UnsupportedError with the name that was found and those that are known.
struct FamilyMember {
  const Family* family;
  const Architecture* architecture;
};
FamilyMember find_family(const JsonObject& config);

// "blocks.3.mlp.up.weight" as the checkpoint or the GGUF file calls it.
enum class Naming { checkpoint, gguf };
std::string external_name(const Family& family, Naming naming, std::string_view module);
// How that tensor lies in such a file.
Layout layout_of(const Family& family, Naming naming, std::string_view module);

}  // namespace graft::inline v0
