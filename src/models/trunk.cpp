// SPDX-License-Identifier: Apache-2.0
#include "models/trunk.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "blocks.hpp"
#include "support/for_each_task.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

Parameters::Naming checkpoint_naming(const Family& family, bool has_base) {
  return [&family, has_base](std::string_view module) {
    std::string name = external_name(family, Naming::checkpoint, module);
    if (!has_base && name.starts_with(family.base)) name.erase(0, family.base.size());
    return name;
  };
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text.empty() ? "a single value" : text;
}

bool fits(const Weight& weight, std::vector<int64_t> shape, bool transposed) {
  if (weight.kind() == Weight::Kind::matrix)
    return shape == (transposed ? std::vector<int64_t>{weight.cols(), weight.rows()}
                                : std::vector<int64_t>{weight.rows(), weight.cols()});
  if (shape.size() == 2 && shape[0] == 1) shape.erase(shape.begin());
  return shape == std::vector<int64_t>{weight.cols()};
}

// Where a weight comes from.
struct Source {
  Weight* weight;
  const MappedFile* file;
  StoredTensor stored;
};

std::string name_in(const Checkpoint& checkpoint, const Trunk& trunk, const std::string& module, const Weight& weight) {
  return checkpoint.gguf() ? external_name(trunk.family, Naming::gguf, module) : weight.name();
}

Source find_source(const Checkpoint& checkpoint, const Trunk& trunk, const std::string& module, Weight& weight) {
  const std::string name = name_in(checkpoint, trunk, module, weight);
  const Layout layout = layout_of(trunk.family, checkpoint.naming(), module);
  const bool is_matrix = weight.kind() == Weight::Kind::matrix, transposed = is_matrix && layout == Layout::transposed;
  const std::optional<Checkpoint::Tensor> tensor = checkpoint.find(name);
  const int rows = transposed ? weight.cols() : weight.rows(), cols = transposed ? weight.rows() : weight.cols();
  check<FileError>(tensor.has_value(), checkpoint.name(), ": the model has no tensor \"", name, "\", expected ", rows,
                   " x ", cols);
  check<FileError>(fits(weight, tensor->shape, transposed), tensor->file->name(), ": \"", name, "\" is ",
                   shape_text(tensor->shape), ", expected ", rows, " x ", cols);
  StoredTensor stored{.dtype = tensor->dtype, .data = tensor->data, .transposed = transposed};
  if (layout == Layout::rotary_rows)
    stored.row_order =
        rotary_row_order(is_matrix ? weight.rows() : weight.cols(), trunk.transformer.stack().attention.head_width);
  if (layout == Layout::plus_one) stored.offset = 1;
  return {&weight, tensor->file, std::move(stored)};
}

bool is_of_head(const Trunk& trunk, const std::string& module) {
  for (const HeadConfig& head : trunk.transformer.config().heads)
    if (module.starts_with(head.module + ".")) return true;
  return false;
}

bool has_weight(const Checkpoint& checkpoint, const Trunk& trunk, const std::string& module, const Weight& weight) {
  const std::string name = name_in(checkpoint, trunk, module, weight);
  const std::optional<Checkpoint::Tensor> tensor = checkpoint.find(name);
  return tensor && fits(weight, tensor->shape, false);
}

// GPT-2 draws what goes onto the residual path smaller the more layers there are (Radford et al. 2019).
float initial_scale(const Trunk& trunk, std::string_view module) {
  const StackConfig& stack = trunk.transformer.stack();
  const bool is_residual = module.ends_with(".attention.output.weight") || module.ends_with(".mlp.down.weight");
  return is_residual && trunk.transformer.config().scales_residual ? 1 / std::sqrt(2.0f * float(stack.layers.size()))
                                                                   : 1;
}

std::optional<Dtype> kept_dtype(const Trunk& trunk, const Weight& weight, const StoredTensor& stored,
                                std::optional<Dtype> wanted) {
  if (!wanted || is_quantised(stored.dtype) || trunk.transformer.is_of_head(&weight)) return std::nullopt;
  const bool fits_blocks = weight.cols() % block_size(*wanted).elements == 0;
  for (const Parameters::Site& site : trunk.parameters.sites())
    if (site.projection.weight == &weight && fits_blocks) return wanted;
  return std::nullopt;
}

// Initial values of weight `number`: matrices are normal, gains 1, biases 0.
void draw(const Trunk& trunk, const Lane& lane, size_t number, uint64_t seed) {
  const auto& [module, weight] = trunk.parameters.all()[number];
  weight->create(trunk.memory);
  const bool is_matrix = weight->kind() == Weight::Kind::matrix, is_gain = module.ends_with("norm.weight");
  const float deviation = trunk.transformer.config().initial_deviation * initial_scale(trunk, module);
  const float gain = 1 - trunk.transformer.stack().norm.offset;
  for_each_part(lane.backend(), weight->parameter().values(), [&](std::span<float> part, uint64_t first) {
    if (is_matrix)
      fill_normal(part, deviation, seed, number + 1, first);
    else
      std::ranges::fill(part, is_gain ? gain : 0.0f);
  });
  weight->freeze(lane, trunk.memory);
}

// GGUF files of Llama 3.1 and later hold the factors of its rotary scaling as a tensor.
void load_rotary_factors(const Checkpoint& checkpoint, Trunk& trunk) {
  const std::optional<Checkpoint::Tensor> tensor = checkpoint.find("rope_freqs.weight");
  if (!checkpoint.gguf() || !tensor) return;
  std::vector<float> factors(trunk.transformer.stack().rotary.at(0).inverse_frequency.size());
  check<FileError>(tensor->dtype == Dtype::f32 && tensor->data.size() == factors.size() * sizeof(float),
                   tensor->file->name(), ": \"rope_freqs.weight\" has ", shape_text(tensor->shape),
                   " values, expected ", factors.size(), " of f32");
  std::memcpy(factors.data(), tensor->data.data(), tensor->data.size());
  for (const float factor : factors)
    check<FileError>(factor > 0, tensor->file->name(), ": \"rope_freqs.weight\" holds ", factor,
                     ", expected more than 0");
  trunk.transformer.scale_frequencies(factors);
  trunk.rotary_factors = std::move(factors);
}

}  // namespace

Trunk::Trunk(std::shared_ptr<const Backend> on, Json json, const std::string& where, bool has_base)
    : backend(std::move(on)),
      memory(Memory::create(*backend)),
      config_json(std::move(json)),
      config(config_json, where),
      family(*find_family(config).family),
      architecture(*find_family(config).architecture),
      parameters(checkpoint_naming(family, has_base)),
      transformer(parameters, family.configure(config, architecture.task)) {}

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

std::unique_ptr<Trunk> load_trunk(const Checkpoint& checkpoint, std::shared_ptr<const Backend> backend,
                                  const TrunkOptions& options) {
  const std::optional<Head>& head = options.head;
  const bool has_base = checkpoint.has_names_from(find_family(checkpoint.config()).family->base);
  auto trunk = std::make_unique<Trunk>(
      backend, head ? with_head(checkpoint.config(), *head) : checkpoint.config().json(), checkpoint.name(), has_base);
  const Lane lane(backend);
  std::vector<Source> sources;
  size_t bytes = 0;
  for (size_t number = 0; number < trunk->parameters.all().size(); ++number) {
    const auto& [module, weight] = trunk->parameters.all()[number];
    if (head && is_of_head(*trunk, module) && !has_weight(checkpoint, *trunk, module, *weight)) {
      draw(*trunk, lane, number, options.seed);
      trunk->drawn.push_back(weight.get());
      continue;
    }
    sources.push_back(find_source(checkpoint, *trunk, module, *weight));
    sources.back().stored.kept = kept_dtype(*trunk, *weight, sources.back().stored, options.weights);
    bytes += Shelf::room_for(weight->packed_bytes(backend->kernels(), sources.back().stored));
  }
  Shelf shelf(trunk->memory, bytes);
  for (const Source& source : sources) {
    source.weight->load(lane, *trunk->memory, shelf, source.stored);
    source.file->release(source.stored.data);
  }
  trunk->memory->trim();  // of what was converted on the way
  load_rotary_factors(checkpoint, *trunk);
  return trunk;
}

std::unique_ptr<Trunk> create_trunk(Json config, std::shared_ptr<const Backend> backend, uint64_t seed) {
  auto trunk = std::make_unique<Trunk>(backend, std::move(config), "config.json");
  const Lane lane(backend);
  for (size_t number = 0; number < trunk->parameters.all().size(); ++number) draw(*trunk, lane, number, seed);
  return trunk;
}

}  // namespace graft::inline v0
