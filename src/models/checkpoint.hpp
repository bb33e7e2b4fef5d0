// SPDX-License-Identifier: Apache-2.0
//
// A published model as it lies on disk: a Hugging Face folder or a GGUF file, behind one view.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "formats/gguf.hpp"
#include "formats/safetensors_folder.hpp"
#include "models/family.hpp"

namespace graft::inline v0 {

// What checkpoints of the first years call a norm's "NAME.weight" and "NAME.bias": "NAME.gamma" and "NAME.beta".
std::string older_name(std::string_view name);

class Checkpoint {
 public:
  // Throws FileError when the path is neither a folder with a config.json nor a GGUF file.
  static Checkpoint open(const std::filesystem::path& path, FileAccess access);
  // A GGUF file in memory.
  static Checkpoint open(MappedFile file);

  // config.json, or the metadata of a GGUF file in its terms.
  const JsonObject& config() const { return config_; }
  // generation_config.json; an empty object where there is none.
  const Json& generation_config() const { return generation_config_; }
  Naming naming() const { return gguf_ ? Naming::gguf : Naming::checkpoint; }
  const std::string& name() const { return name_; }
  const GgufFile* gguf() const { return gguf_.get(); }             // null for a folder
  const std::filesystem::path& folder() const { return folder_; }  // empty for a GGUF file

  struct Tensor {
    Dtype dtype;
    std::vector<int64_t> shape;
    std::span<const std::byte> data;
    const MappedFile* file;  // that the data lies in
  };
  // Null when there is none of that name, nor of the older spelling with "gamma" and "beta". Throws UnsupportedError
  // for a type that is no weight's.
  std::optional<Tensor> find(std::string_view name) const;
  // Whether any tensor's name begins so.
  bool has_names_from(std::string_view prefix) const;

 private:
  const TensorView* find_view(std::string_view name) const;

  Checkpoint(std::string name, Json config);

  std::string name_;
  std::shared_ptr<const Json> config_json_;
  JsonObject config_;
  Json generation_config_ = Json::object();
  std::filesystem::path folder_;
  std::shared_ptr<const GgufFile> gguf_;
  std::shared_ptr<const SafetensorsFolder> safetensors_;
};

}  // namespace graft::inline v0
