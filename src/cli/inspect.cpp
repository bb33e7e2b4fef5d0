// SPDX-License-Identifier: Apache-2.0
//
// graft inspect MODEL: what a model or an adapter is, without loading its weights. graft inspect --devices: what could
// compute here.
#include <iomanip>
#include <iostream>
#include <map>

#include "backend/backend.hpp"
#include "cli/command.hpp"
#include "cli/texts.hpp"
#include "models/checkpoint.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path model;
  bool json = false, tensors = false, devices = false;
};

struct StoredTensor {
  std::string name, type;
  std::vector<int64_t> shape;
  size_t bytes;
};

std::vector<StoredTensor> tensors_of(const Checkpoint& checkpoint) {
  std::vector<StoredTensor> all;
  if (checkpoint.gguf()) {
    for (const GgufTensor& tensor : checkpoint.gguf()->tensors())
      all.push_back({std::string(tensor.name), std::string(name(tensor.dtype)), tensor.shape, tensor.data.size()});
    return all;
  }
  const SafetensorsFolder folder = SafetensorsFolder::open(checkpoint.folder());
  for (const TensorView* tensor : folder.tensors())
    all.push_back({tensor->name, tensor->stored_dtype, tensor->shape, tensor->data.size()});
  return all;
}

// The family, or why the model cannot be loaded.
Json family_of(const Checkpoint& checkpoint) {
  try {
    const auto [family, architecture] = find_family(checkpoint.config());
    family->configure(checkpoint.config(), architecture->task);
    return std::string(architecture->name);
  } catch (const Error& error) {
    return std::string("not supported: ") + error.what();
  }
}

Json tokenizer_of(const Checkpoint& checkpoint) {
  if (!checkpoint.gguf()) {
    const fs::path folder = checkpoint.folder();
    if (!fs::exists(folder / "tokenizer.json")) return nullptr;
    const Json tokenizer = read_json(folder / "tokenizer.json");
    const Json model = tokenizer.value("model", Json::object());
    return {{"model", model.value("type", "")},
            {"tokens", model.value("vocab", Json::object()).size()},
            {"added_tokens", tokenizer.value("added_tokens", Json::array()).size()}};
  }
  const GgufMetadata& metadata = checkpoint.gguf()->metadata();
  const GgufValue* tokens = metadata.find("tokenizer.ggml.tokens");
  if (!tokens) return nullptr;
  return {{"model", metadata.text_or("tokenizer.ggml.model", "")},
          {"pre", metadata.text_or("tokenizer.ggml.pre", "")},
          {"tokens", tokens->count},
          {"chat_template", metadata.has("tokenizer.chat_template")}};
}

Fields describe(const Checkpoint& checkpoint, const std::vector<StoredTensor>& tensors) {
  std::map<std::string, size_t> types;
  size_t bytes = 0;
  int64_t parameters = 0;
  for (const StoredTensor& tensor : tensors) {
    types[tensor.type] += tensor.bytes;
    bytes += tensor.bytes;
    int64_t values = 1;
    for (const int64_t size : tensor.shape) values *= size;
    parameters += values;
  }
  return {{"path", checkpoint.name()},
          {"family", family_of(checkpoint)},
          {"parameters", parameters},
          {"bytes", bytes},
          {"bytes_by_type", types},
          {"tensors", tensors.size()},
          {"config", checkpoint.config().json()},
          {"tokenizer", tokenizer_of(checkpoint)},
          {"kernels", kernel_names()}};
}

void print_tensors(const std::vector<StoredTensor>& tensors) {
  for (const StoredTensor& tensor : tensors) {
    std::string shape;
    for (const int64_t size : tensor.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(size);
    std::cout << std::left << std::setw(8) << tensor.type << std::setw(18) << shape << tensor.name << '\n';
  }
}

Json tensors_json(const std::vector<StoredTensor>& tensors) {
  Json list = Json::array();
  for (const StoredTensor& tensor : tensors)
    list.push_back({{"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}});
  return list;
}

void print(Fields description, const std::vector<StoredTensor>& tensors, const Options& options) {
  if (options.json) {
    for (auto& [field, value] : description)
      if (options.tensors && field == "tensors") value = tensors_json(tensors);
    return print_fields(description);
  }
  for (const auto& [field, value] : description)
    std::cout << std::left << std::setw(16) << field
              << (value.is_string() ? value.text() : value.dump(-1, Json::InvalidUtf8::replaced)) << '\n';
  if (options.tensors) print_tensors(tensors);
}

// A PEFT folder, without the model that it belongs to.
int inspect_adapter(const Options& options) {
  const Json config = read_json(options.model / "adapter_config.json");
  const SafetensorsFile file = SafetensorsFile::open(options.model / "adapter_model.safetensors");
  std::vector<StoredTensor> tensors;
  int64_t values = 0;
  for (const TensorView& tensor : file.tensors()) {
    tensors.push_back({tensor.name, tensor.stored_dtype, tensor.shape, tensor.data.size()});
    values += tensor.values();
  }
  Json shown = Json::object();
  for (const auto& [field, value] : config.items())
    if (!value.empty() && value != false) shown[field] = value;
  print({{"path", options.model.string()},
         {"method", config.value("peft_type", "")},
         {"base", config.value("base_model_name_or_path", Json())},
         {"values", values},
         {"tensors", tensors.size()},
         {"config", shown}},
        tensors, options);
  return kDone;
}

int inspect(const Options& options) {
  check(options.devices || !options.model.empty(),
        "inspect: found neither a model nor --devices, expected one of them");
  if (options.devices)
    for (const std::string& line : device_descriptions()) std::cout << line << '\n';
  if (options.model.empty()) return kDone;
  if (fs::exists(options.model / "adapter_config.json")) return inspect_adapter(options);
  const Checkpoint checkpoint = Checkpoint::open(options.model, FileAccess::map);
  const std::vector<StoredTensor> tensors = tensors_of(checkpoint);
  print(describe(checkpoint, tensors), tensors, options);
  return kDone;
}

}  // namespace

void add_inspect(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *program.app.add_subcommand("inspect", "Show what a model or an adapter is");
  command.add_option("model,-m,--model", options->model, "Hugging Face folder, GGUF file, or folder of an adapter")
      ->check(CLI::ExistingPath);
  command.add_flag("--devices", options->devices, "list what could compute here, and what is missing for it");
  command.add_flag("--json", options->json, "one JSON object");
  command.add_flag("--tensors", options->tensors, "list the tensors");
  command.callback([&program, options] { program.action = [options] { return inspect(*options); }; });
}

}  // namespace graft::inline v0
