// SPDX-License-Identifier: Apache-2.0
#include "formats/goldens.hpp"

#include <cstring>

#include "formats/safetensors.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

template <class T>
std::vector<T> values_of(const TensorView& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

Golden read_golden(const std::string& file, const TensorView& tensor) {
  Golden golden;
  golden.shape = tensor.shape;
  if (tensor.stored_dtype == "F32") {
    golden.floats = values_of<float>(tensor);
  } else if (tensor.stored_dtype == "I64") {
    golden.integers = values_of<int64_t>(tensor);
  } else {
    check<FileError>(tensor.stored_dtype == "U8", file, ": tensor ", in_quotes(tensor.name), " is ",
                     tensor.stored_dtype, ", expected F32, I64 or U8");
    golden.bytes = values_of<uint8_t>(tensor);
  }
  return golden;
}

void describe(Goldens& goldens, const std::string& json_file) {
  const JsonObject root(goldens.json, json_file);
  if (!root.has("tensors")) return;
  const JsonObject tensors = root.object("tensors");
  for (const auto& [name, ignored] : tensors.json().items()) {
    const JsonObject fields = tensors.object(name);
    const auto at = goldens.tensors.find(name);
    check<FileError>(at != goldens.tensors.end(), goldens.file, ": no tensor ", in_quotes(name));
    const Json* shape = fields.find("shape");
    check<FileError>(shape != nullptr && *shape == Json(at->second.shape), json_file, ": tensor ", in_quotes(name),
                     " has another shape than in ", goldens.file);
    at->second.role = fields.text_or("role", "");
    at->second.tolerance = fields.number_or("atol", 0);
  }
}

}  // namespace

Goldens Goldens::load(const std::filesystem::path& path) {
  const bool is_folder = std::filesystem::is_directory(path);
  const auto sibling = [&](const char* extension) {
    auto file = is_folder ? path / "goldens" : path;
    // Only what is an extension of the layout: the names of models hold points of their own.
    for (const char* known : {".json", ".safetensors", ".gguf"})
      if (file.extension() == known) file.replace_extension();
    return file += extension;
  };
  Goldens result;
  const auto own = sibling(".json");
  const bool is_described = std::filesystem::exists(own);
  result.json = read_json(is_described ? own : own.parent_path() / "goldens.json");
  const auto file = SafetensorsFile::open(sibling(".safetensors"));
  result.file = file.name();
  for (const TensorView& tensor : file.tensors()) result.tensors.emplace(tensor.name, read_golden(result.file, tensor));
  if (is_described) describe(result, own.string());
  return result;
}

const Golden& Goldens::at(std::string_view name) const {
  const auto found = tensors.find(std::string(name));
  check<FileError>(found != tensors.end(), file, ": no tensor ", in_quotes(name));
  return found->second;
}

const std::vector<float>& Goldens::floats(std::string_view name) const {
  const Golden& golden = at(name);
  check<FileError>(golden.integers.empty() && golden.bytes.empty(), file, ": tensor ", in_quotes(name), " is not F32");
  return golden.floats;
}

const std::vector<int64_t>& Goldens::integers(std::string_view name) const {
  const Golden& golden = at(name);
  check<FileError>(golden.floats.empty() && golden.bytes.empty(), file, ": tensor ", in_quotes(name), " is not I64");
  return golden.integers;
}

}  // namespace graft::inline v0
