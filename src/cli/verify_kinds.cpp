// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_kinds.hpp"

#include "support/json.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

bool has(const fs::path& folder, const char* name) { return fs::exists(folder / name); }

bool has_pair(fs::path path) {
  return fs::exists(path.replace_extension(".json")) && fs::exists(path.replace_extension(".safetensors"));
}

VerifyFunction find_folder_verifier(const fs::path& folder) {
  if (has(folder, "cases.jsonl")) return verify_tokenizer;
  if (!has(folder, "goldens.json") || !has(folder, "goldens.safetensors")) return nullptr;
  if (has(folder, "config.json")) return verify_model;
  if (has(folder, "adapter")) return verify_adapter;
  const Json json = read_json(folder / "goldens.json");
  if (json.contains("optimizers")) return verify_optim;
  if (json.contains("losses")) return verify_losses;
  if (json.contains("parameters")) return verify_sampling;
  if (json.contains("train") && json.contains("base")) return verify_train;
  return nullptr;
}

VerifyFunction find_file_verifier(const fs::path& file) {
  const fs::path extension = file.extension();
  if (extension == ".gguf") return has_pair(file) ? verify_gguf : nullptr;
  if (extension == ".safetensors")
    return !has_pair(file) && file.stem() != "goldens" && has(file.parent_path(), "goldens.json") &&
                   !has(file.parent_path(), "config.json")
               ? verify_quant
               : nullptr;
  if (extension != ".json") return nullptr;
  const Json json = read_json(file);
  if (json.contains("template") && json.contains("cases")) return verify_chat;
  if (json.contains("model") && json.contains("tensors") && has_pair(file) &&
      !fs::exists(fs::path(file).replace_extension(".gguf")))
    return verify_real;
  return nullptr;
}

}  // namespace

VerifyFunction find_verifier(const fs::path& path) {
  return fs::is_directory(path) ? find_folder_verifier(path) : find_file_verifier(path);
}

}  // namespace graft::inline v0
