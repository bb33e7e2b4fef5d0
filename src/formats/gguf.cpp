// SPDX-License-Identifier: Apache-2.0
#include "formats/gguf.hpp"

#include <algorithm>
#include <bit>

#include "blocks.hpp"
#include "support/byte_reader.hpp"
#include "support/checked.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr int64_t kAlignment = 32;       // where general.alignment does not say otherwise
constexpr int64_t kLargestAlignment = 1 << 20;
constexpr uint32_t kMostDimensions = 4;
constexpr uint64_t kShortestTensor = 8 + 4 + 4 + 8;  // an empty name, no dimensions, type and offset

// The header's entry of a tensor.
struct Declared {
  GgufTensor tensor;
  uint64_t offset = 0, bytes = 0;
};

std::vector<int64_t> read_shape(ByteReader& reader, const std::string& where) {
  const auto dimensions = reader.read<uint32_t>(where);
  check<FileError>(dimensions <= kMostDimensions, where, " has ", dimensions, " dimensions, expected at most ",
                   kMostDimensions);
  std::vector<int64_t> shape(dimensions);
  for (int64_t& size : shape) {
    size = reader.read<int64_t>(where);
    check<FileError>(size >= 0, where, " has a size of more than 2^63");
  }
  std::reverse(shape.begin(), shape.end());
  return shape;
}

uint64_t tensor_bytes(const GgufTensor& tensor, const std::string& where) {
  const int64_t cols = tensor.shape.empty() ? 1 : tensor.shape.back();
  const BlockSize block = block_size(tensor.dtype);
  check<FileError>(cols % block.elements == 0, where, " has rows of ", cols, " values, expected whole blocks of ",
                   block.elements, " of ", name(tensor.dtype));
  std::optional<uint64_t> bytes =
      checked_product(static_cast<uint64_t>(cols / block.elements), static_cast<uint64_t>(block.bytes));
  for (size_t i = 0; i + 1 < tensor.shape.size(); ++i)
    bytes = checked_product(bytes, static_cast<uint64_t>(tensor.shape[i]));
  check<FileError>(bytes.has_value(), where, " has more bytes than can be counted");
  return *bytes;
}

Declared read_tensor(ByteReader& reader, const std::string& file) {
  Declared result;
  const auto name = reader.take(reader.read<uint64_t>("tensor name"), "tensor name");
  result.tensor.name = {reinterpret_cast<const char*>(name.data()), name.size()};
  const std::string where = file + ": tensor " + in_quotes(result.tensor.name);
  result.tensor.shape = read_shape(reader, where);
  const auto type = reader.read<uint32_t>(where);
  const auto dtype = dtype_from_ggml(type);
  check<UnsupportedError>(dtype.has_value(), where, " has type ", type, ", which is not read");
  result.tensor.dtype = *dtype;
  result.offset = reader.read<uint64_t>(where);
  result.bytes = tensor_bytes(result.tensor, where);
  return result;
}

}  // namespace

GgufFile GgufFile::open(const std::filesystem::path& path, FileAccess access) {
  return open(MappedFile::open(path, access));
}

GgufFile GgufFile::open(MappedFile file) {
  GgufFile result(std::move(file));
  result.read();
  return result;
}

void GgufFile::read() {
  ByteReader reader(file_.bytes(), name());
  check<FileError>(reader.read<uint32_t>("magic") == kMagic, name(), ": the magic is not \"GGUF\"");
  version_ = reader.read<uint32_t>("version");
  check<UnsupportedError>((version_ & 0xFFFF) != 0, name(), ": the version is big-endian, expected little-endian");
  check<UnsupportedError>(version_ == 2 || version_ == 3, name(), ": version ", version_, ", expected 2 or 3");
  const auto tensors = reader.read<uint64_t>("tensor count");
  const auto keys = reader.read<uint64_t>("key count");
  metadata_ = GgufMetadata(reader, keys, name());
  read_tensors(reader, tensors);
  check_layout();
}

void GgufFile::read_tensors(ByteReader& reader, uint64_t count) {
  check<FileError>(count <= reader.left() / kShortestTensor, name(), ": ", count, " tensors declared, but only ",
                   reader.left(), " bytes are left");
  std::vector<Declared> declared;
  declared.reserve(count);
  for (uint64_t i = 0; i < count; ++i) declared.push_back(read_tensor(reader, name()));

  const auto alignment =
      static_cast<uint64_t>(metadata_.integer_or("general.alignment", kAlignment, 1, kLargestAlignment));
  if (!std::has_single_bit(alignment)) metadata_.refuse("general.alignment", "a power of two");
  const auto bytes = file_.bytes();
  const uint64_t start = (reader.position() + alignment - 1) / alignment * alignment;
  std::vector<std::string_view> names;
  for (Declared& entry : declared) {
    const std::string where = name() + ": tensor " + in_quotes(entry.tensor.name);
    check<FileError>(entry.offset % alignment == 0, where, " has offset ", entry.offset, ", expected a multiple of ",
                     alignment);
    const auto end = checked_sum(checked_sum(start, entry.offset), entry.bytes);
    check<FileError>(end && *end <= bytes.size(), where, " has ", entry.bytes, " bytes at offset ", entry.offset,
                     ", which lies past the end of the file");
    entry.tensor.data = bytes.subspan(start + entry.offset, entry.bytes);
    names.push_back(entry.tensor.name);
    tensors_.push_back(std::move(entry.tensor));
  }
  index_ = NameIndex(std::move(names));
  if (const auto twice = index_.duplicate()) fail<FileError>(name(), ": tensor ", in_quotes(*twice), " is there twice");
}

void GgufFile::check_layout() const {
  std::vector<const GgufTensor*> in_order;
  for (const GgufTensor& tensor : tensors_)
    if (!tensor.data.empty()) in_order.push_back(&tensor);
  std::sort(in_order.begin(), in_order.end(),
            [](const GgufTensor* a, const GgufTensor* b) { return a->data.data() < b->data.data(); });
  for (size_t i = 1; i < in_order.size(); ++i) {
    const GgufTensor &before = *in_order[i - 1], &after = *in_order[i];
    check<FileError>(after.data.data() - before.data.data() >= static_cast<ptrdiff_t>(before.data.size()), name(),
                     ": tensors ", in_quotes(before.name), " and ", in_quotes(after.name), " share bytes");
  }
}

const GgufTensor* GgufFile::find(std::string_view name) const {
  const auto position = index_.find(name);
  return position ? &tensors_[*position] : nullptr;
}

const GgufTensor& GgufFile::require(std::string_view tensor) const {
  const GgufTensor* found = find(tensor);
  check<FileError>(found != nullptr, name(), ": no tensor ", in_quotes(tensor));
  return *found;
}

}  // namespace graft::inline v0
