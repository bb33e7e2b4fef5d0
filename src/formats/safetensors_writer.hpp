// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "formats/byte_source.hpp"

namespace graft::inline v0 {

struct SafetensorsSource {
  std::string name;
  std::string stored_dtype;  // "F32", "BF16", "I64"
  std::vector<int64_t> shape;
  ByteSource data;  // in row order, little-endian
};

// Writes a file, atomically, byte for byte as the reference implementation does: the tensors with the largest elements
// first, then by name, and the header padded to 8 bytes, so that every element is aligned. Other readers ask for the
// metadata {"format": "pt"}. Throws ArgumentError for a name that is given twice, an unknown type, or a source that
// gives another number of bytes than its type and shape need, and FileError when the file cannot be written.
void write_safetensors(const std::filesystem::path& path, std::vector<SafetensorsSource> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace graft::inline v0
