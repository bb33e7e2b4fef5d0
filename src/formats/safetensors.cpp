// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors.hpp"

#include <algorithm>
#include <numeric>

#include "support/byte_reader.hpp"
#include "support/checked.hpp"
#include "support/in_quotes.hpp"
#include "support/json.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// The limit of the reference implementation.
constexpr uint64_t kLongestHeader = 100'000'000;
constexpr size_t kMostDimensions = 64;

struct Element {
  std::string_view name;
  size_t bytes;
};
constexpr Element kElements[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
                                 {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1}};

std::vector<int64_t> read_shape(const JsonObject& fields) {
  const Json* shape = fields.find("shape");
  const bool sound = shape != nullptr && shape->is_array() && shape->size() <= kMostDimensions &&
                     std::all_of(shape->begin(), shape->end(), [](const Json& size) {
                       return size.is_number_unsigned() && size.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX);
                     });
  if (!sound) fields.refuse("shape", "an array of at most 64 sizes");
  return shape->get<std::vector<int64_t>>();
}

std::span<const std::byte> read_range(const JsonObject& fields, std::span<const std::byte> data) {
  const Json* offsets = fields.find("data_offsets");
  const bool sound = offsets != nullptr && offsets->is_array() && offsets->size() == 2 &&
                     (*offsets)[0].is_number_unsigned() && (*offsets)[1].is_number_unsigned();
  if (!sound) fields.refuse("data_offsets", "an array of two positions");
  const auto begin = (*offsets)[0].get<uint64_t>(), end = (*offsets)[1].get<uint64_t>();
  if (begin > end || end > data.size())
    fields.refuse("data_offsets", message("begin <= end <= ", data.size(), ", found ", begin, " and ", end));
  return data.subspan(begin, end - begin);
}

TensorView read_tensor(const std::string& file, const std::string& name, const Json& json,
                       std::span<const std::byte> data) {
  const std::string where = file + ": tensor " + in_quotes(name);
  const JsonObject fields(json, where);
  TensorView tensor{name, fields.text("dtype"), {}, read_shape(fields), read_range(fields, data)};
  tensor.dtype = dtype_from_safetensors(tensor.stored_dtype);
  std::optional<uint64_t> bytes = safetensors_element_bytes(tensor.stored_dtype);
  if (!bytes) fields.refuse("dtype", "a type of the format, such as \"F32\"");
  for (const int64_t size : tensor.shape) bytes = checked_product(bytes, static_cast<uint64_t>(size));
  check<FileError>(bytes.has_value(), where, ": the shape has more values than can be counted");
  check<FileError>(*bytes == tensor.data.size(), where, ": dtype and shape need ", *bytes, " bytes, data_offsets hold ",
                   tensor.data.size());
  return tensor;
}

}  // namespace

int64_t TensorView::values() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::optional<size_t> safetensors_element_bytes(std::string_view stored_dtype) {
  const auto at = std::find_if(std::begin(kElements), std::end(kElements),
                               [&](const Element& e) { return e.name == stored_dtype; });
  if (at == std::end(kElements)) return std::nullopt;
  return at->bytes;
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path, FileAccess access) {
  return open(MappedFile::open(path, access));
}

SafetensorsFile SafetensorsFile::open(MappedFile file) {
  SafetensorsFile result(std::move(file));
  result.read_header();
  return result;
}

void SafetensorsFile::read_header() {
  ByteReader reader(file_.bytes(), name());
  const auto length = reader.read<uint64_t>("header");
  check<FileError>(length >= 2 && length <= kLongestHeader, name(), ": header of ", length, " bytes, expected 2 to ",
                   kLongestHeader);
  const auto header = reader.take(length, "header");
  const std::string where = name() + ": header";
  const Json json = parse_json({reinterpret_cast<const char*>(header.data()), header.size()}, where);
  check<FileError>(json.is_object(), where, " is not a JSON object");
  const auto data = reader.take(reader.left(), "data");
  for (const auto& [key, value] : json.items()) {
    if (key != "__metadata__") {
      tensors_.push_back(read_tensor(name(), key, value, data));
      continue;
    }
    const JsonObject metadata(value, where + ": \"__metadata__\"");
    for (const auto& [field, text] : value.items()) metadata_.emplace(field, metadata.text(field));
  }
  check_layout(data.size());
}

void SafetensorsFile::check_layout(size_t data_bytes) const {
  std::vector<const TensorView*> in_order;
  in_order.reserve(tensors_.size());
  for (const TensorView& tensor : tensors_) in_order.push_back(&tensor);
  std::sort(in_order.begin(), in_order.end(), [](const TensorView* a, const TensorView* b) {
    return std::pair(a->data.data(), a->data.size()) < std::pair(b->data.data(), b->data.size());
  });
  const std::byte* const start = file_.bytes().data() + file_.bytes().size() - data_bytes;
  size_t end = 0;
  for (const TensorView* tensor : in_order) {
    const auto begin = static_cast<size_t>(tensor->data.data() - start);
    check<FileError>(begin == end, name(), ": tensor ", in_quotes(tensor->name), ": data_offsets begin at ", begin,
                     ", but the tensors before end at ", end);
    end = begin + tensor->data.size();
  }
  check<FileError>(end == data_bytes, name(), ": the tensors of the header fill ", end, " of ", data_bytes,
                   " bytes of data");
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto at = std::lower_bound(tensors_.begin(), tensors_.end(), name,
                                   [](const TensorView& tensor, std::string_view key) { return tensor.name < key; });
  return at == tensors_.end() || at->name != name ? nullptr : &*at;
}

const TensorView& SafetensorsFile::require(std::string_view tensor) const {
  const TensorView* found = find(tensor);
  check<FileError>(found != nullptr, name(), ": no tensor ", in_quotes(tensor));
  return *found;
}

}  // namespace graft::inline v0
