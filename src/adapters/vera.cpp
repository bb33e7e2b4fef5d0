// SPDX-License-Identifier: Apache-2.0
#include "adapters/vera.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "adapters/scaled_rows.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kMaxRank = 1 << 16;

// Uniform as Kaiming, by the generator that PyTorch draws with: 24 bits of a Mersenne twister for each value.
void draw(std::mt19937& random, const Tensor& values) {
  const double bound = std::sqrt(3.0) * std::sqrt(2.0) / std::sqrt(double(values.cols()));
  const float low = float(-bound), range = float(bound) - low;
  for (float& value : values.values()) value = float(random() & 0xffffff) * 0x1p-24f * range + low;
}

}  // namespace

Vera::Vera(const Trunk& trunk, const VeraConfig& config)
    : Method(trunk, config.targets, config.kept, false), config_(config) {
  check(config.rank >= 1 && config.rank <= kMaxRank, "VeRA: rank (r) is ", config.rank, ", expected 1 to ", kMaxRank);
  check(config.dropout >= 0 && config.dropout < 1, "VeRA: dropout is ", config.dropout, ", expected 0 to below 1");
  const std::shared_ptr<Memory> memory = fresh_memory();
  int most_inputs = 0, most_outputs = 0;
  for (const Target& target : targets()) {
    const int rows = target.weight->rows(), cols = target.weight->cols();
    most_inputs = std::max(most_inputs, cols);
    most_outputs = std::max(most_outputs, rows);
    parts_.push_back({Tensor::zeros(*memory, 1, rows), Tensor(*memory, 1, config.rank),
                      Tensor(*memory, config.rank, cols), Tensor(*memory, rows, config.rank)});
    std::ranges::fill(parts_.back().d.values(), config.initial);
  }
  shared_down_ = Tensor(*memory, config.rank, most_inputs);
  shared_up_ = Tensor(*memory, most_outputs, config.rank);
  std::mt19937 random{uint32_t(config.seed)};
  draw(random, shared_down_);
  draw(random, shared_up_);
  make_edits();
  lower(trunk, Lane(trunk.backend));
}

std::unique_ptr<Method> Vera::from_peft(const JsonObject& json, const Trunk& trunk) {
  auto vera = std::make_unique<Vera>(
      trunk, VeraConfig{.targets = read_targets(json),
                        .kept = read_kept(json),
                        .rank = int(json.integer("r", 1, kMaxRank)),
                        .dropout = float(json.number_or("vera_dropout", 0)),
                        .initial = float(json.number_or("d_initial", 0.1)),
                        .seed = uint64_t(json.integer_or("projection_prng_key", 0, 0, UINT32_MAX))});
  vera->has_stored_matrices_ = json.flag_or("save_projection", true);
  return vera;
}

std::unique_ptr<Method> Vera::copy() const {
  const std::shared_ptr<Memory> memory = fresh_memory();
  auto copied = std::make_unique<Vera>(*this);
  for (Part& part : copied->parts_)
    for (Tensor* tensor : {&part.b, &part.d, &part.down, &part.up}) *tensor = graft::copy(*memory, *tensor);
  copied->copy_kept();
  copied->make_edits();
  return copied;
}

Edits Vera::made_edits() const {
  Edits edits = no_edits();
  for (size_t i = 0; i < parts_.size(); ++i)
    edits.sites[size_t(targets()[i].site)].low_rank = {
        .down = parts_[i].down, .up = parts_[i].up, .scale = 1, .dropout = config_.dropout};
  return edits;
}

void Vera::lower(const Trunk& trunk, const Lane& lane) {
  Method::lower(trunk, lane);
  for (const auto& [b, d, down, up] : parts_) {
    scale_rows(d, shared_down_, down);
    scale_rows(b, shared_up_, up);
  }
}

std::vector<Tensor> Vera::lowered() const {
  std::vector<Tensor> tensors;
  for (const Part& part : parts_) tensors.insert(tensors.end(), {part.down, part.up});
  return tensors;
}

void Vera::pull(Gradients& gradients) const {
  for (const auto& [b, d, down, up] : parts_) {
    if (!gradients.reached(down)) continue;
    add_gain_slopes(gradients.of(down), shared_down_, gradients.reach_on_host(d));
    add_gain_slopes(gradients.of(up), shared_up_, gradients.reach_on_host(b));
  }
}

std::map<std::string, int> Vera::ranks() const {
  std::map<std::string, int> ranks;
  for (const Target& target : targets()) ranks[target.name] = config_.rank;
  return ranks;
}

std::vector<AdapterTensor> Vera::factors() const {
  std::vector<AdapterTensor> tensors;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const std::string module = kPeftPrefix + targets()[i].name;
    tensors.push_back(AdapterTensor::vector(module + ".vera_lambda_b", parts_[i].b));
    tensors.push_back(AdapterTensor::vector(module + ".vera_lambda_d", parts_[i].d));
  }
  return tensors;
}

std::vector<AdapterTensor> Vera::fixed() const {
  return {AdapterTensor::matrix("base_model.vera_A", shared_down_),
          AdapterTensor::matrix("base_model.vera_B", shared_up_)};
}

void Vera::read(const Reader& reader) { read_into(has_stored_matrices_ ? stored() : trainable(), reader); }

Json Vera::config() const {
  Json json = Method::config();
  json.update({{"peft_type", "VERA"},
               {"r", config_.rank},
               {"vera_dropout", config_.dropout},
               {"d_initial", config_.initial},
               {"projection_prng_key", config_.seed},
               {"save_projection", true},
               {"init_weights", true}});
  if (json["bias"] == "lora_only") json["bias"] = "vera_only";
  return json;
}

}  // namespace graft::inline v0
