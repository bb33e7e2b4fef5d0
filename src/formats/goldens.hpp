// SPDX-License-Identifier: Apache-2.0
//
// Reference inputs and outputs: a JSON file that describes the tensors of a safetensors file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "support/json.hpp"

namespace graft::inline v0 {

// One reference tensor. The values stand in the vector of their kind; the other two are empty.
struct Golden {
  std::vector<int64_t> shape;
  std::vector<float> floats;
  std::vector<int64_t> integers;
  std::vector<uint8_t> bytes;
  std::string role;      // "input", "expected", or empty where the JSON does not describe the tensor
  double tolerance = 0;  // the largest absolute difference of a right value; "atol" in the JSON
};

struct Goldens {
  Json json;
  std::map<std::string, Golden> tensors;

  // `path` is a folder with goldens.json and goldens.safetensors, or names one pair, with or without an extension:
  // "gguf/llama-f16" is llama-f16.json and llama-f16.safetensors; without a JSON file of its own, the pair
  // gets goldens.json beside it as `json`, which then describes no single tensor. Throws FileError, also for a tensor
  // that the JSON describes and the file lacks or has otherwise.
  static Goldens load(const std::filesystem::path& path);

  // Throw FileError when there is no such tensor, or of another kind.
  const Golden& at(std::string_view name) const;
  const std::vector<float>& floats(std::string_view name) const;
  const std::vector<int64_t>& integers(std::string_view name) const;

  std::string file;  // of the tensors
};

}  // namespace graft::inline v0
