// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/safetensors.hpp"
#include "support/name_index.hpp"

namespace graft::inline v0 {

// The weights of a Hugging Face folder, in one file or in several shards. Views stay valid as long as the object, also
// when it is moved.
class SafetensorsFolder {
 public:
  // Reads model.safetensors or, where it is absent, the shards that model.safetensors.index.json names. A shard must
  // be a plain file name of the folder and hold the tensors that the index gives it. Throws FileError.
  static SafetensorsFolder open(const std::filesystem::path& folder, FileAccess access = FileAccess::map);

  std::span<const SafetensorsFile> files() const { return files_; }
  std::vector<const TensorView*> tensors() const;       // file by file, ordered by name in each
  const TensorView* find(std::string_view name) const;  // null when there is none
  const TensorView& require(std::string_view name) const;
  // The file that a tensor comes from.
  const MappedFile& file_of(const TensorView& tensor) const;

 private:
  void open_shards(const std::filesystem::path& folder, const std::filesystem::path& index, FileAccess access);
  void build_index();
  const SafetensorsFile& owner(const TensorView& tensor) const;

  std::string folder_;
  std::vector<SafetensorsFile> files_;
  NameIndex index_;  // into tensors()
};

}  // namespace graft::inline v0
