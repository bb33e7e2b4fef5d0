// SPDX-License-Identifier: Apache-2.0
//
// The GGUF container, versions 2 and 3, little-endian: metadata and tensors. What they mean for a model is not known
// here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/gguf_metadata.hpp"
#include "support/mapped_file.hpp"
#include "tensor/dtype.hpp"

namespace graft::inline v0 {

// Whether a path names a file of this format.
inline bool is_gguf(const std::filesystem::path& path) { return path.extension() == ".gguf"; }

// One tensor, as a view into its file. The shape is in the order of rows and columns: the reverse of the file's.
struct GgufTensor {
  std::string_view name;
  Dtype dtype = Dtype::f32;
  std::vector<int64_t> shape;
  std::span<const std::byte> data;
};

// A whole file, checked when it is opened: counts, lengths, types, whole blocks in every row, and that each tensor lies
// inside the file, aligned, and apart from the others. Views stay valid as long as the file, also when it is moved.
class GgufFile {
 public:
  // Throws FileError that names the file and the key or tensor, UnsupportedError for a type or version that is not
  // read.
  static GgufFile open(const std::filesystem::path& path, FileAccess access = FileAccess::map);
  static GgufFile open(MappedFile file);

  const std::string& name() const { return file_.name(); }
  uint32_t version() const { return version_; }
  const GgufMetadata& metadata() const { return metadata_; }
  std::span<const GgufTensor> tensors() const { return tensors_; }  // in the file's order
  const GgufTensor* find(std::string_view name) const;              // null when there is none
  const GgufTensor& require(std::string_view name) const;           // throws FileError when there is none
  const MappedFile& file() const { return file_; }

 private:
  explicit GgufFile(MappedFile file) : file_(std::move(file)) {}
  void read();
  void read_tensors(ByteReader& reader, uint64_t count);
  void check_layout() const;

  MappedFile file_;
  uint32_t version_ = 0;
  GgufMetadata metadata_;
  std::vector<GgufTensor> tensors_;
  NameIndex index_;
};

}  // namespace graft::inline v0
