// SPDX-License-Identifier: Apache-2.0
//
// A table model on disk: config.json with the layers, model.safetensors with the weights in f32, table.json with the
// encoding.
#include "api/table_model_state.hpp"
#include "formats/safetensors.hpp"
#include "formats/safetensors_writer.hpp"
#include "models/weight_bytes.hpp"
#include "nn/sequential_json.hpp"
#include "support/atomic_file.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelType = "graft_sequential";
constexpr const char* kConfigFile = "config.json";
constexpr const char* kWeightsFile = "model.safetensors";
constexpr const char* kEncodingFile = "table.json";

std::vector<int64_t> shape_of(const Weight& weight) {
  if (weight.kind() == Weight::Kind::vector) return {weight.cols()};
  return {weight.rows(), weight.cols()};
}

void load_weights(TableModel::State& model, const fs::path& path) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  check<FileError>(file.tensors().size() == model.parameters.all().size(), file.name(), ": ", file.tensors().size(),
                   " tensors, expected ", model.parameters.all().size());
  const Lane lane(model.backend);
  Shelf shelf(model.memory, 0);
  for (const auto& [module, weight] : model.parameters.all()) {
    const TensorView& view = file.require(weight->name());
    check<FileError>(view.dtype.has_value() && view.shape == shape_of(*weight), file.name(), ": \"", weight->name(),
                     "\" has another shape or type than ", kConfigFile, " says");
    weight->load(lane, *model.memory, shelf, {*view.dtype, view.data});
  }
}

// The encoding of the folder, if there is one.
std::optional<TableEncoding> load_encoding(const fs::path& folder) {
  if (!fs::exists(folder / kEncodingFile)) return std::nullopt;
  return TableEncoding::load(folder / kEncodingFile);
}

void check_fit(const TableModel::State& model, const fs::path& folder) {
  if (!model.encoding) return;
  const size_t found = model.encoding->features().size(), expected = size_t(model.network.config().features);
  check<FileError>(found == expected, (folder / kEncodingFile).string(), ": has ", found, " features, but ",
                   kConfigFile, " ", expected);
  try {
    check_outputs(model.network, *model.encoding);
  } catch (const ArgumentError& error) {
    fail<FileError>(folder.string(), ": ", error.what());
  }
}

}  // namespace

TableModel TableModel::load(const fs::path& folder, const DeviceOptions& device) {
  const Json json = read_json(folder / kConfigFile);
  const JsonObject config(json, (folder / kConfigFile).string());
  if (config.text("model_type") != kModelType) config.refuse("model_type", kModelType);
  auto state = std::make_shared<State>(read_sequential(config), load_encoding(folder), device);
  check_fit(*state, folder);
  load_weights(*state, folder / kWeightsFile);
  return TableModel(std::move(state));
}

void TableModel::save(const fs::path& folder) const {
  const UseCount::Reading reading(state_->use);
  std::error_code error;
  fs::create_directories(folder, error);
  check<FileError>(!error, folder.string(), ": cannot create the folder: ", error.message());
  const Lane lane(state_->backend);
  std::vector<SafetensorsSource> tensors;
  for (const auto& [module, weight] : state_->parameters.all())
    tensors.push_back({weight->name(), "F32", shape_of(*weight), weight_bytes(lane, *weight, Dtype::f32)});
  write_safetensors(folder / kWeightsFile, std::move(tensors), {{"format", "pt"}});
  if (state_->encoding)
    state_->encoding->save(folder / kEncodingFile);
  else
    fs::remove(folder / kEncodingFile, error);
  Json config = sequential_json(state_->network.config());
  config["model_type"] = kModelType;
  write_file(folder / kConfigFile, config.dump(2) + "\n");
}

}  // namespace graft::inline v0
