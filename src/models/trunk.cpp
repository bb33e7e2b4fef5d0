// SPDX-License-Identifier: Apache-2.0
#include "models/trunk.hpp"

#include <cmath>
#include <numbers>

#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

Parameters::Naming checkpoint_naming(const Family& family) {
  return [&family](std::string_view module) { return external_name(family, Naming::checkpoint, module); };
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text.empty() ? "a single value" : text;
}

bool fits(const Weight& weight, const std::vector<int64_t>& shape) {
  if (weight.kind() == Weight::Kind::vector) return shape == std::vector<int64_t>{weight.cols()};
  return shape == std::vector<int64_t>{weight.rows(), weight.cols()};
}

// Where a weight comes from.
struct Source {
  Weight* weight;
  std::string name;
  Checkpoint::Tensor tensor;
  std::vector<int> row_order;
};

Source find_source(const Checkpoint& checkpoint, const Trunk& trunk, const std::string& module, Weight& weight) {
  Source source{&weight, external_name(trunk.family, checkpoint.naming(), module), {}, {}};
  const std::optional<Checkpoint::Tensor> tensor = checkpoint.find(source.name);
  check<FileError>(tensor.has_value(), checkpoint.name(), ": the model has no tensor \"", source.name, "\", expected ",
                   weight.rows(), " x ", weight.cols());
  check<FileError>(fits(weight, tensor->shape), tensor->file, ": \"", source.name, "\" is ", shape_text(tensor->shape),
                   ", expected ", weight.rows(), " x ", weight.cols());
  source.tensor = *tensor;
  if (checkpoint.gguf() && module_name(trunk.family, module).rotary_rows)
    source.row_order = rotary_row_order(weight.kind() == Weight::Kind::matrix ? weight.rows() : weight.cols(),
                                        trunk.transformer.config().head_width);
  return source;
}

// GGUF files of Llama 3.1 and later hold the factors of its rotary scaling as a tensor.
void load_rotary_factors(const Checkpoint& checkpoint, Trunk& trunk) {
  const std::optional<Checkpoint::Tensor> tensor = checkpoint.find("rope_freqs.weight");
  if (!checkpoint.gguf() || !tensor) return;
  std::vector<float> factors(trunk.transformer.config().inverse_frequency.size());
  check<FileError>(tensor->dtype == Dtype::f32 && tensor->data.size() == factors.size() * sizeof(float), tensor->file,
                   ": \"rope_freqs.weight\" has ", shape_text(tensor->shape), " values, expected ", factors.size(),
                   " of f32");
  std::memcpy(factors.data(), tensor->data.data(), tensor->data.size());
  for (const float factor : factors)
    check<FileError>(factor > 0, tensor->file, ": \"rope_freqs.weight\" holds ", factor, ", expected more than 0");
  trunk.transformer.scale_frequencies(factors);
  trunk.rotary_factors = std::move(factors);
}

}  // namespace

Trunk::Trunk(std::shared_ptr<const Backend> on, Json json, const std::string& where)
    : backend(std::move(on)),
      memory(Memory::create()),
      config_json(std::move(json)),
      config(config_json, where),
      family(find_family(config)),
      parameters(checkpoint_naming(family)),
      transformer(parameters, family.configure(config)) {}

size_t Trunk::weight_bytes() const {
  size_t bytes = 0;
  for (const auto& [module, weight] : parameters.all()) bytes += weight->resident_bytes();
  return bytes;
}

bool Trunk::is_float() const {
  for (const auto& [module, weight] : parameters.all())
    if (weight->kind() == Weight::Kind::matrix && weight->dtype() != Dtype::f32) return false;
  return true;
}

std::vector<int> rotary_row_order(int rows, int head_width) {
  std::vector<int> order(static_cast<size_t>(rows));
  const int half = head_width / 2;
  for (int row = 0; row < rows; ++row) {
    const int head = row / head_width, in_head = row % head_width;
    order[size_t(row)] = head * head_width + (in_head % half) * 2 + in_head / half;
  }
  return order;
}

std::unique_ptr<Trunk> load_trunk(const Checkpoint& checkpoint, std::shared_ptr<const Backend> backend) {
  auto trunk = std::make_unique<Trunk>(backend, checkpoint.config().json(), checkpoint.name());
  const Lane lane(backend);
  std::vector<Source> sources;
  size_t bytes = 0;
  for (const auto& [module, weight] : trunk->parameters.all()) {
    sources.push_back(find_source(checkpoint, *trunk, module, *weight));
    bytes += Shelf::room_for(weight->packed_bytes(backend->kernels(), sources.back().tensor.dtype));
  }
  Shelf shelf(trunk->memory, bytes);
  for (const auto& [weight, name, tensor, order] : sources) {
    weight->load(lane, *trunk->memory, shelf, tensor.dtype, tensor.data, order);
    checkpoint.release(name);
  }
  load_rotary_factors(checkpoint, *trunk);
  return trunk;
}

std::unique_ptr<Trunk> create_trunk(Json config, std::shared_ptr<const Backend> backend, uint64_t seed) {
  auto trunk = std::make_unique<Trunk>(backend, std::move(config), "config.json");
  const Lane lane(backend);
  const double deviation = trunk->config.number_or("initializer_range", 0.02);
  uint64_t site = 0;
  for (const auto& [module, weight] : trunk->parameters.all()) {
    weight->create(lane, trunk->memory);
    ++site;
    const std::span<float> values = weight->parameter().values();
    const bool is_matrix = weight->kind() == Weight::Kind::matrix, is_gain = module.ends_with("norm.weight");
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = is_matrix ? float(deviation * random_normal(seed, site, i)) : is_gain ? 1.0f : 0.0f;
    weight->repack(lane);
    weight->freeze();
  }
  return trunk;
}

}  // namespace graft::inline v0
