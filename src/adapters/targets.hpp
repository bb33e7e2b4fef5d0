// SPDX-License-Identifier: Apache-2.0
//
// Which modules an adapter changes, by PEFT's rules: a list matches the end of a name, a text is a regular expression
// for the whole name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/trunk.hpp"

namespace graft::inline v0 {

struct TargetChoice {
  std::vector<std::string> modules = {};  // by the end of a module's name
  std::string pattern = {};               // or a regular expression; "all-linear", as where both are empty
  std::vector<std::string> excluded = {};
  std::vector<int> layers = {};     // empty: all
  std::string layers_pattern = {};  // the name before the layer's number; empty: any

  bool is_all_linear() const { return pattern.empty() ? modules.empty() : pattern == "all-linear"; }
};

// A matrix of the checkpoint that is chosen.
struct Target {
  std::string name;    // "model.layers.0.self_attn.q_proj"
  std::string module;  // the network's name of the weight: "blocks.0.attention.query.weight"
  const Weight* weight = nullptr;
  int number = 0;  // of the weight
  int site = -1;   // its index; -1: it is a table, of which rows are read
};

// In the order of the network. Throws ArgumentError that names a target that no module has, UnsupportedError for one
// that has no matrix; `takes_tables`: embeddings may be targets, too. Modules of `kept` are passed over.
std::vector<Target> find_targets(const Trunk& trunk, const TargetChoice& targets, bool takes_tables,
                                 const std::vector<std::string>& kept);

// The fields of PEFT's adapter_config.json.
TargetChoice read_targets(const JsonObject& json);
void write_targets(const TargetChoice& targets, const std::vector<Target>& found, Json& json);
// A text, or a list of them; none where the field is absent.
std::vector<std::string> texts_of(const JsonObject& json, std::string_view field);

// Whether the module has that name, or one that ends so.
bool ends_with_module(std::string_view name, std::string_view target);
// Whether the module is in one whose name ends so: PEFT's rule for "modules_to_save", which knows no dots.
bool is_in_modules(std::string_view name, const std::vector<std::string>& modules);

}  // namespace graft::inline v0
