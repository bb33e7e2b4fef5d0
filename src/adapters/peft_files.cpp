// SPDX-License-Identifier: Apache-2.0
//
// PEFT's files: adapter_config.json, and adapter_model.safetensors with tensors named
// base_model.model.MODULE.lora_A.weight (rank × inputs) and .lora_B.weight (outputs × rank).
#include <cmath>

#include "adapters/lora.hpp"
#include "formats/safetensors.hpp"
#include "formats/safetensors_writer.hpp"
#include "support/atomic_file.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

std::string tensor_name(const std::string& site, const char* part) {
  return "base_model.model." + site + "." + part + ".weight";
}

// Options of PEFT that change what is computed and are not known here.
void refuse_unknown(const JsonObject& json, const std::string& where) {
  const std::string type = json.text("peft_type");
  check<UnsupportedError>(type == "LORA", "unsupported: method ", type, " (", where, ": \"peft_type\"), expected LORA");
  for (const char* flag : {"use_dora", "use_qalora", "use_bdlora", "lora_bias", "fan_in_fan_out"})
    check<UnsupportedError>(!json.flag_or(flag, false), "unsupported: method ", flag, " (", where, ")");
  for (const char* field : {"modules_to_save", "trainable_token_indices", "layer_replication", "alora_invocation_tokens",
                            "target_parameters"}) {
    const Json* value = json.find(field);
    check<UnsupportedError>(!value || value->empty(), "unsupported: method ", field, " (", where, ")");
  }
  check<UnsupportedError>(json.text_or("bias", "none") == "none", "unsupported: method bias (", where,
                          "), expected \"none\"");
}

std::vector<std::string> texts_or_none(const JsonObject& json, const char* field) {
  if (!json.has(field)) return {};
  return json.find(field)->is_string() ? std::vector{json.text(field)} : json.texts(field);
}

LoraConfig read_config(const JsonObject& json, const std::string& where) {
  refuse_unknown(json, where);
  LoraConfig config;
  config.rank = int(json.integer("r", 1, 1 << 16));
  config.alpha = float(json.number_or("lora_alpha", 8));
  config.dropout = float(json.number_or("lora_dropout", 0));
  config.rank_stabilized = json.flag_or("use_rslora", false);
  if (json.has("target_modules") && json.find("target_modules")->is_string())
    config.target_pattern = json.text("target_modules");
  else
    config.targets = json.texts("target_modules");
  config.excluded = texts_or_none(json, "exclude_modules");
  if (const Json* layers = json.find("layers_to_transform")) {
    if (layers->is_number_integer()) config.layers = {layers->get<int>()};
    if (layers->is_array()) config.layers = layers->get<std::vector<int>>();
  }
  const std::vector<std::string> pattern = texts_or_none(json, "layers_pattern");
  if (!pattern.empty()) config.layers_pattern = pattern[0];
  if (json.has("rank_pattern"))
    for (const JsonObject ranks = json.object("rank_pattern"); const auto& [name, rank] : ranks.json().items())
      config.rank_pattern[name] = int(ranks.integer(name, 1, 1 << 16));
  if (json.has("alpha_pattern"))
    for (const JsonObject alphas = json.object("alpha_pattern"); const auto& [name, alpha] : alphas.json().items())
      config.alpha_pattern[name] = float(alphas.number(name));
  return config;
}

Json config_json(const LoraConfig& config, const std::string& base) {
  Json json = {{"peft_type", "LORA"}, {"task_type", "CAUSAL_LM"}, {"base_model_name_or_path", base},
               {"r", config.rank}, {"lora_alpha", config.alpha}, {"lora_dropout", config.dropout},
               {"use_rslora", config.rank_stabilized}, {"bias", "none"}, {"fan_in_fan_out", false},
               {"inference_mode", true}, {"init_lora_weights", true}, {"use_dora", false}, {"modules_to_save", nullptr},
               {"rank_pattern", config.rank_pattern}, {"alpha_pattern", config.alpha_pattern}};
  if (!config.targets.empty())
    json["target_modules"] = config.targets;
  else
    json["target_modules"] = config.target_pattern.empty() ? "all-linear" : config.target_pattern;
  json["exclude_modules"] = config.excluded.empty() ? Json(nullptr) : Json(config.excluded);
  json["layers_to_transform"] = config.layers.empty() ? Json(nullptr) : Json(config.layers);
  json["layers_pattern"] = config.layers_pattern.empty() ? Json(nullptr) : Json(config.layers_pattern);
  if (config.alpha == std::floor(config.alpha)) json["lora_alpha"] = int64_t(config.alpha);
  return json;
}

void read_tensor(const SafetensorsFile& file, const Lane& lane, const std::string& name, const Tensor& into) {
  const TensorView& view = file.require(name);
  check<FileError>(view.shape == std::vector<int64_t>{into.rows(), into.cols()}, file.name(), ": \"", name, "\" is ",
                   view.shape.size() == 2 ? message(view.shape[0], " x ", view.shape[1]) : "no matrix", ", expected ",
                   into.rows(), " x ", into.cols(), " for the model and the rank");
  check<FileError>(view.dtype.has_value(), file.name(), ": \"", name, "\" is of type ", view.stored_dtype,
                   ", expected F32, F16 or BF16");
  lane.backend().kernels().decode(lane.stream(), *view.dtype, view.data.data(), into.data(), int64_t(into.size()));
}

}  // namespace

Lora load_peft(const fs::path& folder, const Trunk& trunk) {
  const fs::path config_path = folder / "adapter_config.json";
  const Json json = read_json(config_path);
  const JsonObject config(json, config_path.string());
  Lora lora = [&] {
    try {
      return Lora::shaped(trunk, read_config(config, config_path.string()));
    } catch (const ArgumentError& error) {
      fail<FileError>(config_path.string(), ": ", error.what());
    }
  }();
  const SafetensorsFile file = SafetensorsFile::open(folder / "adapter_model.safetensors");
  const Lane lane(trunk.backend);
  for (const LoraSite& site : lora.sites()) {
    read_tensor(file, lane, tensor_name(site.name, "lora_A"), site.low_rank.down);
    read_tensor(file, lane, tensor_name(site.name, "lora_B"), site.low_rank.up);
  }
  check<FileError>(file.tensors().size() == 2 * lora.sites().size(), file.name(), ": ", file.tensors().size(),
                   " tensors, expected ", 2 * lora.sites().size(), " for the target_modules of adapter_config.json");
  return lora;
}

void save_peft(const Lora& lora, const fs::path& folder, const std::string& base) {
  std::error_code error;
  fs::create_directories(folder, error);
  check<FileError>(!error, folder.string(), ": cannot create the folder: ", error.message());
  std::vector<SafetensorsSource> tensors;
  for (const LoraSite& site : lora.sites())
    for (const auto& [part, tensor] : {std::pair{"lora_A", &site.low_rank.down}, {"lora_B", &site.low_rank.up}})
      tensors.push_back({tensor_name(site.name, part), "F32", {tensor->rows(), tensor->cols()},
                         stored_bytes(std::span<const float>(tensor->values()))});
  write_safetensors(folder / "adapter_model.safetensors", std::move(tensors), {{"format", "pt"}});
  write_file(folder / "adapter_config.json", config_json(lora.config(), base).dump(2) + "\n");
}

}  // namespace graft::inline v0
