// SPDX-License-Identifier: Apache-2.0
//
// AdaLoRA in PEFT's files: MODULE.lora_A, lora_E (rank × 1) and lora_B, of which a folder holds only the parts that
// rank_pattern says are left.
#include <algorithm>

#include "adapters/adalora.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

const std::string kPatternEnd = ".lora_E";

std::vector<bool> read_mask(const JsonObject& json, const std::string& name, const Json& parts, int rank) {
  std::vector<bool> mask;
  if (parts.is_array())
    for (const Json& part : parts)
      if (part.is_boolean()) mask.push_back(part.get<bool>());
  if (int(mask.size()) != rank || mask.size() != parts.size())
    json.refuse("rank_pattern", message("a list of ", rank, " booleans for ", name));
  return mask;
}

}  // namespace

std::unique_ptr<Method> AdaLora::from_peft(const JsonObject& json, const Trunk& trunk) {
  AdaLoraConfig config{.targets = read_targets(json),
                       .kept = read_kept(json),
                       .alpha = float(json.number_or("lora_alpha", 8)),
                       .dropout = float(json.number_or("lora_dropout", 0)),
                       .initial_rank = int(json.integer_or("init_r", 12, 1, 1 << 16)),
                       .target_rank = int(json.integer_or("target_r", 8, 0, 1 << 16)),
                       .warmup_steps = int(json.integer_or("tinit", 0, 0, INT32_MAX)),
                       .final_steps = int(json.integer_or("tfinal", 0, 0, INT32_MAX)),
                       .interval = int(json.integer_or("deltaT", 1, 1, INT32_MAX)),
                       .beta1 = float(json.number_or("beta1", 0.85)),
                       .beta2 = float(json.number_or("beta2", 0.85)),
                       .orthogonality = float(json.number_or("orth_reg_weight", 0.5)),
                       .total_steps = int(json.integer_or("total_step", 0, 0, INT32_MAX))};
  if (json.has("rank_pattern"))
    for (const auto& [name, parts] : json.object("rank_pattern").json().items())
      config.rank_pattern[name] = read_mask(json, name, parts, config.initial_rank);
  std::unique_ptr<AdaLora> made(new AdaLora(trunk, config));
  for (size_t i = 0; i < made->parts_.size() && !config.rank_pattern.empty(); ++i) {
    const auto found = config.rank_pattern.find(made->targets()[i].name + kPatternEnd);
    if (found == config.rank_pattern.end()) json.refuse("rank_pattern", "an entry for " + made->targets()[i].name);
    std::ranges::copy(found->second, made->parts_[i].mask.values().begin());
  }
  made->is_settled_ = !config.rank_pattern.empty();
  return made;
}

Json AdaLora::config() const {
  Json json = Method::config(), pattern = Json::object();
  bool is_pruned = false;
  for (size_t i = 0; i < parts_.size(); ++i) {
    std::vector<bool> mask;
    for (const float part : parts_[i].mask.values()) mask.push_back(part != 0);
    is_pruned = is_pruned || std::find(mask.begin(), mask.end(), false) != mask.end();
    pattern[targets()[i].name + kPatternEnd] = std::move(mask);
  }
  const int warmup = std::max(0, config_.total_steps ? warmup_ : config_.warmup_steps);
  const int last = std::max(0, config_.total_steps ? final_ : config_.final_steps);
  json.update({{"peft_type", "ADALORA"},
               {"r", config_.initial_rank},
               {"init_r", config_.initial_rank},
               {"target_r", config_.target_rank},
               {"lora_alpha", config_.alpha},
               {"lora_dropout", config_.dropout},
               {"tinit", warmup},
               {"tfinal", last},
               {"deltaT", config_.interval},
               {"beta1", config_.beta1},
               {"beta2", config_.beta2},
               {"orth_reg_weight", config_.orthogonality},
               {"total_step", std::max(config_.total_steps, warmup + last + 1)},
               {"init_lora_weights", true},
               {"rank_pattern", is_pruned ? pattern : Json(nullptr)}});
  return json;
}

std::vector<AdapterTensor> AdaLora::factors() const {
  std::vector<AdapterTensor> tensors;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const std::string module = kPeftPrefix + targets()[i].name;
    tensors.push_back(AdapterTensor::matrix(module + ".lora_A", parts_[i].down));
    tensors.push_back(AdapterTensor::matrix(module + ".lora_E", parts_[i].values));
    tensors.push_back(AdapterTensor::matrix(module + ".lora_B", parts_[i].up));
  }
  return tensors;
}

// The parts of a factor that the mask leaves.
AdapterTensor AdaLora::kept_part(const AdapterTensor& tensor, const Tensor& mask) const {
  const bool is_up = tensor.name.ends_with(".lora_B");
  const std::span<const float> parts = mask.values();
  const int left = int(std::ranges::count(parts, 1.0f));
  const Tensor& all = tensor.value;
  const Tensor kept(*Memory::create_on_host(), is_up ? all.rows() : left, is_up ? left : all.cols());
  float* out = kept.data();
  for (int row = 0; row < all.rows(); ++row)
    for (int col = 0; col < all.cols(); ++col)
      if (parts[size_t(is_up ? col : row)] != 0) *out++ = all.row(row)[size_t(col)];
  return AdapterTensor::matrix(tensor.name, kept);
}

std::vector<AdapterTensor> AdaLora::stored() const {
  std::vector<AdapterTensor> tensors = trainable();
  for (size_t i = 0; i < 3 * parts_.size(); ++i) tensors[i] = kept_part(tensors[i], parts_[i / 3].mask);
  return tensors;
}

// What was taken away stays 0.
void AdaLora::read(const Reader& reader) {
  const std::vector<AdapterTensor> all = trainable(), left = stored();
  read_into(left, reader);
  for (size_t i = 0; i < 3 * parts_.size(); ++i) {
    const bool is_up = all[i].name.ends_with(".lora_B");
    const float *mask = parts_[i / 3].mask.values().data(), *in = left[i].value.values().data();
    const Tensor& into = all[i].value;
    for (int row = 0; row < into.rows(); ++row)
      for (int col = 0; col < into.cols(); ++col) into.row(row)[size_t(col)] = mask[is_up ? col : row] != 0 ? *in++ : 0;
  }
}

}  // namespace graft::inline v0
