// SPDX-License-Identifier: Apache-2.0
//
// The loaded network: what is shared by everything that uses a model. Const after loading, but for full tuning.
#pragma once

#include <atomic>
#include <memory>

#include "models/checkpoint.hpp"
#include "models/head_choice.hpp"
#include "nn/transformer.hpp"

namespace graft::inline v0 {

struct Trunk {
  // `has_base`: whether the checkpoint's names begin with the family's base.
  Trunk(std::shared_ptr<const Backend> backend, Json config, const std::string& where, bool has_base = true);

  std::shared_ptr<const Backend> backend;
  std::shared_ptr<Memory> memory;  // of the weights
  Json config_json;                // as config.json has it
  JsonObject config;
  const Family& family;
  const Architecture& architecture;
  Parameters parameters;
  Transformer transformer;
  std::vector<float> rotary_factors;  // what a GGUF file divides the rotary frequencies by; empty: nothing

  std::vector<const Weight*> drawn;  // of a head that the checkpoint did not have

  size_t weight_bytes() const;
  // True when every weight is exact in f32.
  bool is_float() const;
  // Whether products of this precision round nothing to less than floats.
  bool is_exact(Precision precision) const {
    return precision == Precision::f32 || (precision == Precision::automatic && is_float());
  }
};

// Reads every weight. Throws FileError that names the file and the tensor. With another head than the checkpoint's, the
// weights of it that the checkpoint lacks are drawn from `seed`.
struct TrunkOptions {
  std::optional<Head> head = {};
  uint64_t seed = 0;
  std::optional<Dtype> weights = {};  // what float matrices of linear layers are kept as; none: as the file has them
};
std::unique_ptr<Trunk> load_trunk(const Checkpoint& checkpoint, std::shared_ptr<const Backend> backend,
                                  const TrunkOptions& options = {});

// A model with the initial weights of the family's paper, drawn from `seed`.
std::unique_ptr<Trunk> create_trunk(Json config, std::shared_ptr<const Backend> backend, uint64_t seed);

// The order in which a GGUF file has the rows of a query or key projection: row i of the result is the file's row for
// the checkpoint's row i. The rotated part of a head lies there as pairs.
std::vector<int> rotary_row_order(int rows, int head_width);

}  // namespace graft::inline v0
