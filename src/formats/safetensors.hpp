// SPDX-License-Identifier: Apache-2.0
//
// The safetensors format: 8 bytes of header length, a JSON header, the tensors' bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/mapped_file.hpp"
#include "tensor/dtype.hpp"

namespace graft::inline v0 {

// One tensor, as a view into its file. The data may start at any byte: old writers do not align.
struct TensorView {
  std::string name;
  std::string stored_dtype;    // as in the file: "F32", "I64"
  std::optional<Dtype> dtype;  // of the types that a weight may have
  std::vector<int64_t> shape;
  std::span<const std::byte> data;

  int64_t values() const;  // the product of the shape
};

// Bytes of one element of a type of the format, nullopt for an unknown one.
std::optional<size_t> safetensors_element_bytes(std::string_view stored_dtype);

// A whole file, checked when it is opened: header, types, shapes, and that the tensors' ranges fill the data section
// without overlap or hole. Views stay valid as long as the file, also when it is moved.
class SafetensorsFile {
 public:
  // Throws FileError that names the file and the tensor.
  static SafetensorsFile open(const std::filesystem::path& path, FileAccess access = FileAccess::map);
  static SafetensorsFile open(MappedFile file);

  const std::string& name() const { return file_.name(); }
  std::span<const TensorView> tensors() const { return tensors_; }  // ordered by name
  const TensorView* find(std::string_view name) const;              // null when there is none
  const TensorView& require(std::string_view name) const;           // throws FileError when there is none
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const MappedFile& file() const { return file_; }

 private:
  explicit SafetensorsFile(MappedFile file) : file_(std::move(file)) {}
  void read_header();
  void check_layout(size_t data_bytes) const;

  MappedFile file_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace graft::inline v0
