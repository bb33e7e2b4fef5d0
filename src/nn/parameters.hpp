// SPDX-License-Identifier: Apache-2.0
//
// All weights of a model. A module asks for a weight by its name in the network ("blocks.0.attention.query.weight");
// the weight has the checkpoint's name ("model.layers.0.self_attn.q_proj.weight"), which users, adapters and files see.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ops/ops.hpp"

namespace graft::inline v0 {

class Parameters {
 public:
  using Naming = std::function<std::string(std::string_view module)>;
  explicit Parameters(Naming checkpoint_name) : checkpoint_name_(std::move(checkpoint_name)) {}

  const Weight* matrix(const std::string& module, int rows, int cols) {
    return declare(Weight::Kind::matrix, module + ".weight", rows, cols);
  }
  const Weight* vector(const std::string& name, int cols) { return declare(Weight::Kind::vector, name, 1, cols); }
  // A matrix, its bias, and the site where edits apply.
  Projection projection(const std::string& module, int rows, int cols, bool bias);

  struct Entry {
    std::string module;  // its name in the network
    std::unique_ptr<Weight> weight;
  };
  // In the order of their declaration, by their numbers.
  const std::vector<Entry>& all() const { return entries_; }
  // By the checkpoint's name; null if there is none.
  Weight* find(std::string_view checkpoint_name) const;

  // Site i is this matrix, without ".weight".
  struct Site {
    std::string name;
    Projection projection;
  };
  const std::vector<Site>& sites() const { return sites_; }
  int find_site(std::string_view name) const;  // -1: none

 private:
  Weight* declare(Weight::Kind kind, const std::string& name, int rows, int cols);

  Naming checkpoint_name_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, Weight*> by_name_;
  std::vector<Site> sites_;
};

}  // namespace graft::inline v0
