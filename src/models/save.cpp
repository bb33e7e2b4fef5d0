// SPDX-License-Identifier: Apache-2.0
#include "models/save.hpp"

#include "formats/safetensors_writer.hpp"
#include "models/rotary.hpp"
#include "models/weight_bytes.hpp"
#include "support/atomic_file.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

const char* torch_name(Dtype type) {
  switch (type) {
    case Dtype::f32:
      return "float32";
    case Dtype::f16:
      return "float16";
    case Dtype::bf16:
      return "bfloat16";
    default:
      fail<ArgumentError>("a model folder holds f32, f16 or bf16, not ", name(type));
  }
}

Json config_to_save(const Trunk& trunk, Dtype type) {
  Json config = trunk.config_json;
  config["architectures"] = {std::string(trunk.architecture.name)};
  config["model_type"] = std::string(trunk.family.model_type);
  const bool has_new_spelling = config.contains("dtype") || config.contains("rope_parameters");
  config[has_new_spelling ? "dtype" : "torch_dtype"] = torch_name(type);
  if (!trunk.rotary_factors.empty())
    config["rope_scaling"] =
        llama3_scaling(trunk.rotary_factors, trunk.transformer.stack().rotary.at(0).inverse_frequency);
  return config;
}

std::vector<int64_t> shape_of(const Weight& weight, Layout layout) {
  if (layout == Layout::one_row) return {1, weight.cols()};
  if (weight.kind() == Weight::Kind::vector) return {weight.cols()};
  return layout == Layout::transposed ? std::vector<int64_t>{weight.cols(), weight.rows()}
                                      : std::vector<int64_t>{weight.rows(), weight.cols()};
}

SafetensorsSource source_of(const Trunk& trunk, const Lane& lane, const Parameters::Entry& entry, Dtype type) {
  const Weight& weight = *entry.weight;
  const Layout layout = layout_of(trunk.family, Naming::checkpoint, entry.module);
  const bool transposed = weight.kind() == Weight::Kind::matrix && layout == Layout::transposed;
  return {weight.name(), std::string(safetensors_name(type)), shape_of(weight, layout),
          weight_bytes(lane, weight, type, {.transposed = transposed})};
}

}  // namespace

void save_folder(const Trunk& trunk, const fs::path& folder, Dtype type) {
  const Json config = config_to_save(trunk, type);
  std::error_code error;
  fs::create_directories(folder, error);
  check<FileError>(!error, folder.string(), ": cannot create the folder: ", error.message());
  const Lane lane(trunk.backend);
  std::vector<SafetensorsSource> tensors;
  for (const Parameters::Entry& entry : trunk.parameters.all()) tensors.push_back(source_of(trunk, lane, entry, type));
  write_safetensors(folder / "model.safetensors", std::move(tensors), {{"format", "pt"}});
  write_file(folder / "config.json", config.dump(2) + "\n");
}

}  // namespace graft::inline v0
