// SPDX-License-Identifier: Apache-2.0
#include "formats/gguf_writer.hpp"

#include "support/atomic_file.hpp"
#include "support/checked.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kAlignment = 32;
constexpr size_t kMostDimensions = 4;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

void put_text(std::string& out, std::string_view text) {
  put(out, uint64_t{text.size()});
  out += text;
}

uint64_t aligned(uint64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

void GgufWriter::begin(std::string_view key, GgufType type) {
  check(keys_.emplace(key).second, "gguf: key ", in_quotes(key), " is set twice");
  append_text(key);
  append(static_cast<uint32_t>(type));
}

void GgufWriter::append_text(std::string_view text) { put_text(metadata_, text); }

void GgufWriter::copy(const GgufMetadata::Entry& entry) {
  if (entry.key == "general.alignment") return;
  const GgufValue& value = entry.value;
  begin(entry.key, value.type);
  if (value.type == GgufType::array) append(static_cast<uint32_t>(value.element)), append(value.count);
  if (value.type == GgufType::text) append(uint64_t{value.bytes.size()});
  metadata_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

void GgufWriter::add(std::string name, Dtype dtype, std::vector<int64_t> shape, ByteSource data) {
  check(shape.size() <= kMostDimensions, "gguf: tensor ", in_quotes(name), " has ", shape.size(), " dimensions");
  std::optional<uint64_t> bytes = checked_row_bytes(dtype, shape.empty() ? 1 : shape.back());
  for (size_t i = 0; i + 1 < shape.size(); ++i) {
    check(shape[i] >= 0, "gguf: tensor ", in_quotes(name), " has a size of ", shape[i]);
    bytes = checked_product(bytes, static_cast<uint64_t>(shape[i]));
  }
  check(bytes.has_value(), "gguf: tensor ", in_quotes(name), " is too large");
  check(names_.insert(name).second, "gguf: tensor ", in_quotes(name), " is given twice");
  tensors_.push_back({std::move(name), dtype, std::move(shape), *bytes, std::move(data)});
}

std::string GgufWriter::header() const {
  std::string out = "GGUF";
  put(out, uint32_t{3});
  put(out, uint64_t{tensors_.size()});
  put(out, uint64_t{keys_.size()});
  out += metadata_;
  uint64_t offset = 0;
  for (const Tensor& tensor : tensors_) {
    put_text(out, tensor.name);
    put(out, static_cast<uint32_t>(tensor.shape.size()));
    for (size_t i = tensor.shape.size(); i-- > 0;) put(out, tensor.shape[i]);
    put(out, ggml_type(tensor.dtype));
    put(out, offset);
    offset += aligned(tensor.bytes);
  }
  return out;
}

void GgufWriter::write(const std::filesystem::path& path) const {
  AtomicFile file(path);
  file.write(header());
  file.pad_to(kAlignment);
  for (const Tensor& tensor : tensors_) {
    const uint64_t before = file.size();
    tensor.data([&](std::span<const std::byte> piece) { file.write(piece); });
    check(file.size() - before == tensor.bytes, path.string(), ": tensor ", in_quotes(tensor.name), " gave ",
          file.size() - before, " bytes, expected ", tensor.bytes);
    file.pad_to(kAlignment);
  }
  file.commit();
}

}  // namespace graft::inline v0
