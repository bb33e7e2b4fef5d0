// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors_writer.hpp"

#include <algorithm>
#include <set>

#include "formats/safetensors.hpp"
#include "support/atomic_file.hpp"
#include "support/checked.hpp"
#include "support/in_quotes.hpp"
#include "support/json.hpp"
#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

void check_text(std::string_view text) {
  check(is_valid_utf8(text), "safetensors: ", in_quotes(text), " is not UTF-8");
}

size_t element_bytes(const SafetensorsSource& tensor) {
  const auto bytes = safetensors_element_bytes(tensor.stored_dtype);
  check(bytes.has_value(), "safetensors: tensor ", in_quotes(tensor.name), " has the unknown type ",
        in_quotes(tensor.stored_dtype));
  return *bytes;
}

uint64_t total_bytes(const SafetensorsSource& tensor) {
  std::optional<uint64_t> bytes = element_bytes(tensor);
  for (const int64_t size : tensor.shape) {
    check(size >= 0, "safetensors: tensor ", in_quotes(tensor.name), " has a size of ", size);
    bytes = checked_product(bytes, static_cast<uint64_t>(size));
  }
  check(bytes.has_value(), "safetensors: tensor ", in_quotes(tensor.name), " is too large");
  return *bytes;
}

// As text rather than as a JSON value, to keep the order of the data.
std::string header_text(const std::vector<SafetensorsSource>& tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> fields;
  if (!metadata.empty()) {
    for (const auto& [key, value] : metadata) check_text(key), check_text(value);
    fields.push_back("\"__metadata__\":" + Json(metadata).dump());
  }
  std::set<std::string_view> names;
  uint64_t offset = 0;
  for (const SafetensorsSource& tensor : tensors) {
    check_text(tensor.name);
    check(names.insert(tensor.name).second && tensor.name != "__metadata__", "safetensors: tensor ",
          in_quotes(tensor.name), " is given twice");
    const uint64_t end = offset + total_bytes(tensor);
    fields.push_back(message(Json(tensor.name).dump(), ":{\"dtype\":\"", tensor.stored_dtype, "\",\"shape\":",
                             Json(tensor.shape).dump(), ",\"data_offsets\":[", offset, ",", end, "]}"));
    offset = end;
  }
  std::string text = "{";
  for (const std::string& field : fields) text += (text.size() > 1 ? "," : "") + field;
  text += "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::vector<SafetensorsSource> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const SafetensorsSource& a, const SafetensorsSource& b) {
    const size_t a_bytes = element_bytes(a), b_bytes = element_bytes(b);
    return a_bytes != b_bytes ? a_bytes > b_bytes : a.name < b.name;
  });
  const std::string header = header_text(tensors, metadata);
  const uint64_t length = header.size();
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const SafetensorsSource& tensor : tensors) {
    const uint64_t before = file.size();
    tensor.data([&](std::span<const std::byte> piece) { file.write(piece); });
    check(file.size() - before == total_bytes(tensor), path.string(), ": tensor ", in_quotes(tensor.name), " gave ",
          file.size() - before, " bytes, expected ", total_bytes(tensor));
  }
  file.commit();
}

}  // namespace graft::inline v0
