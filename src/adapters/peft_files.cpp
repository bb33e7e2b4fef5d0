// SPDX-License-Identifier: Apache-2.0
#include "adapters/peft_files.hpp"

#include <set>

#include "adapters/adalora.hpp"
#include "adapters/ia3.hpp"
#include "adapters/lora.hpp"
#include "adapters/prefix.hpp"
#include "adapters/prompt.hpp"
#include "adapters/vera.hpp"
#include "formats/safetensors.hpp"
#include "formats/safetensors_writer.hpp"
#include "support/atomic_file.hpp"
#include "support/message.hpp"
#include "tensor/transposed.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

struct Kind {
  const char* peft_type;
  std::unique_ptr<Method> (*make)(const JsonObject& json, const Trunk& trunk);
};
constexpr Kind kKinds[] = {
    {"LORA", Lora::from_peft},      {"ADALORA", AdaLora::from_peft},      {"IA3", Ia3::from_peft},
    {"VERA", Vera::from_peft},      {"PREFIX_TUNING", Prefix::from_peft}, {"PROMPT_TUNING", Prompt::from_peft},
    {"P_TUNING", Prompt::from_peft}};

std::unique_ptr<Method> make(const JsonObject& json, const Trunk& trunk) {
  const std::string type = json.text("peft_type");
  std::string known;
  for (const Kind& kind : kKinds) {
    if (type == kind.peft_type) return kind.make(json, trunk);
    known += (known.empty() ? "" : ", ") + std::string(kind.peft_type);
  }
  fail<UnsupportedError>("unsupported: method ", type, " (", json.where(), ": \"peft_type\"), expected one of ", known);
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

// Gives out the tensors of a file, and knows those that nobody asked for.
class Tensors {
 public:
  explicit Tensors(const fs::path& path) : file_(SafetensorsFile::open(path)) {
    // What PEFT stores beside an adapter's own: the model's values of what it changes, and second copies of kept ones.
    for (const TensorView& tensor : file_.tensors()) {
      const auto has = [&](std::string_view part) { return tensor.name.find(part) != std::string::npos; };
      if (!has(".base_layer.weight") && !has(".original_module.") && !has(".modules_to_save."))
        unread_.insert(tensor.name);
    }
  }

  std::vector<float> read(const Lane& lane, const std::string& name, const std::vector<int64_t>& shape) {
    const TensorView& view = file_.require(name);
    check<FileError>(view.shape == shape, file_.name(), ": \"", name, "\" is ", shape_text(view.shape), ", expected ",
                     shape_text(shape), " for the model and the rank");
    check<FileError>(view.dtype.has_value(), file_.name(), ": \"", name, "\" is of type ", view.stored_dtype,
                     ", expected F32, F16 or BF16");
    const Tensor values = decoded(lane, *Memory::create(lane.backend()), *view.dtype, view.data, 1, int(view.values()));
    unread_.erase(name);
    return {values.values().begin(), values.values().end()};
  }

  void check_all_read() const {
    check<FileError>(unread_.empty(), file_.name(), ": \"", unread_.empty() ? "" : *unread_.begin(),
                     "\" is not a part of the adapter that adapter_config.json describes");
  }

 private:
  SafetensorsFile file_;
  std::set<std::string> unread_;
};

}  // namespace

std::unique_ptr<Method> load_peft(const fs::path& folder, const Trunk& trunk) {
  const fs::path config_path = folder / "adapter_config.json";
  const Json json = read_json(config_path);
  std::unique_ptr<Method> method;
  try {
    method = make(JsonObject(json, config_path.string()), trunk);
  } catch (const ArgumentError& error) {
    fail<FileError>(config_path.string(), ": ", error.what());
  }
  const Lane lane(trunk.backend);
  Tensors tensors(folder / "adapter_model.safetensors");
  method->read(
      [&](const std::string& name, const std::vector<int64_t>& shape) { return tensors.read(lane, name, shape); });
  tensors.check_all_read();
  method->lower(trunk, lane);
  return method;
}

void save_peft(const Method& method, const fs::path& folder, const std::string& base) {
  std::error_code error;
  fs::create_directories(folder, error);
  check<FileError>(!error, folder.string(), ": cannot create the folder: ", error.message());
  std::vector<AdapterTensor> stored = method.stored();
  for (AdapterTensor& tensor : method.untrained_head()) stored.push_back(std::move(tensor));
  std::vector<std::vector<float>> turned(stored.size());
  std::vector<SafetensorsSource> tensors;
  for (size_t i = 0; i < stored.size(); ++i) {
    const auto& [name, value, shape, is_transposed] = stored[i];
    if (is_transposed) turned[i] = transposed(value.values(), value.rows(), value.cols());
    const std::span<const float> values = is_transposed ? std::span<const float>(turned[i]) : value.values();
    tensors.push_back({name, "F32", shape, stored_bytes(values)});
  }
  Json config = method.config();
  config["base_model_name_or_path"] = base;
  write_safetensors(folder / "adapter_model.safetensors", std::move(tensors), {{"format", "pt"}});
  write_file(folder / "adapter_config.json", config.dump(2) + "\n");
}

}  // namespace graft::inline v0
