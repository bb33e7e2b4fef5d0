// SPDX-License-Identifier: Apache-2.0
//
// LoRA in PEFT's files: MODULE.lora_A.weight (rank × inputs) and .lora_B.weight (outputs × rank), of an embedding
// MODULE.lora_embedding_A and B, and DoRA's MODULE.lora_magnitude_vector.
#include <algorithm>
#include <cmath>

#include "adapters/lora.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// Options of PEFT that change what is computed and are not known here.
void refuse_unknown(const JsonObject& json) {
  for (const char* flag : {"use_qalora", "use_bdlora", "lora_bias"})
    check<UnsupportedError>(!json.flag_or(flag, false), "unsupported: method ", flag, " (", json.where(), ")");
  for (const char* field :
       {"trainable_token_indices", "layer_replication", "alora_invocation_tokens", "target_parameters"}) {
    const Json* value = json.find(field);
    check<UnsupportedError>(!value || value->empty(), "unsupported: method ", field, " (", json.where(), ")");
  }
}

// OLoRA's first values follow from the matrix; those of PiSSA only as far as the machine's rounding allows.
LoraInitial read_initial(const JsonObject& json) {
  const Json* initial = json.find("init_lora_weights");
  if (!initial || initial->is_boolean()) return LoraInitial::kaiming;
  const std::string name = json.text("init_lora_weights");
  if (name == "olora") return LoraInitial::olora;
  check<UnsupportedError>(name == "gaussian" || name == "eva" || name == "orthogonal",
                          "unsupported: init_lora_weights ", name, " (", json.where(),
                          "), which changed the base: save it as plain LoRA");
  return LoraInitial::kaiming;
}

Json number(float value) {
  return value == std::floor(value) && std::abs(value) < 1e9f ? Json(int64_t(value)) : Json(value);
}

// The pair without the parts whose row of `down` is 0, where that leaves `rank` of them.
LowRank compact(const LowRank& pair, int rank) {
  std::vector<int> parts;
  for (int k = 0; k < pair.down.rows(); ++k) {
    const std::span<float> row = pair.down.row(k);
    if (std::any_of(row.begin(), row.end(), [](float value) { return value != 0; })) parts.push_back(k);
  }
  if (int(parts.size()) != rank) return pair;
  const std::shared_ptr<Memory> memory = Memory::create_on_host();
  LowRank left{.down = Tensor(*memory, rank, pair.down.cols()), .up = Tensor(*memory, pair.up.rows(), rank)};
  for (int k = 0; k < rank; ++k) {
    std::copy_n(pair.down.row(parts[size_t(k)]).data(), pair.down.cols(), left.down.row(k).data());
    for (int row = 0; row < pair.up.rows(); ++row)
      left.up.row(row)[size_t(k)] = pair.up.row(row)[size_t(parts[size_t(k)])];
  }
  return left;
}

}  // namespace

std::unique_ptr<Method> Lora::from_peft(const JsonObject& json, const Trunk& trunk) {
  refuse_unknown(json);
  LoraConfig config{.targets = read_targets(json),
                    .kept = read_kept(json),
                    .rank = int(json.integer("r", 1, 1 << 16)),
                    .alpha = float(json.number_or("lora_alpha", 8)),
                    .dropout = float(json.number_or("lora_dropout", 0)),
                    .rank_stabilized = json.flag_or("use_rslora", false),
                    .dora = json.flag_or("use_dora", false),
                    .initial = read_initial(json)};
  if (json.has("rank_pattern"))
    for (const JsonObject ranks = json.object("rank_pattern"); const auto& [name, rank] : ranks.json().items())
      config.rank_pattern[name] = int(ranks.integer(name, 1, 1 << 16));
  if (json.has("alpha_pattern"))
    for (const JsonObject alphas = json.object("alpha_pattern"); const auto& [name, alpha] : alphas.json().items())
      config.alpha_pattern[name] = float(alphas.number(name));
  return std::unique_ptr<Method>(new Lora(trunk, config));
}

// A pair that begins from the matrix is saved as the plain pair of twice the rank that passes read, with the same
// scale.
Json Lora::config() const {
  Json json = Method::config();
  const int rank_factor = begins_from_matrix() ? 2 : 1;
  const float alpha_factor = !begins_from_matrix() ? 1 : config_.rank_stabilized ? std::sqrt(2.0f) : 2.0f;
  json.update({{"peft_type", "LORA"},
               {"r", config_.rank * rank_factor},
               {"lora_alpha", number(config_.alpha * alpha_factor)},
               {"lora_dropout", config_.dropout},
               {"use_rslora", config_.rank_stabilized},
               {"use_dora", config_.dora},
               {"init_lora_weights", true}});
  json["rank_pattern"] = json["alpha_pattern"] = Json::object();
  for (const auto& [pattern, rank] : config_.rank_pattern) json["rank_pattern"][pattern] = rank * rank_factor;
  for (const auto& [pattern, alpha] : config_.alpha_pattern) json["alpha_pattern"][pattern] = alpha * alpha_factor;
  return json;
}

AdapterTensor Lora::factor(size_t index, bool is_up, const Tensor& value) const {
  const Target& target = targets()[index];
  const std::string module = kPeftPrefix + target.name;
  if (target.site >= 0) return AdapterTensor::matrix(module + (is_up ? ".lora_B.weight" : ".lora_A.weight"), value);
  AdapterTensor tensor = AdapterTensor::matrix(module + (is_up ? ".lora_embedding_B" : ".lora_embedding_A"), value);
  tensor.transposed = !is_up;
  if (!is_up) std::swap(tensor.shape[0], tensor.shape[1]);
  return tensor;
}

std::vector<AdapterTensor> Lora::pairs(Tensor Pair::*down, Tensor Pair::*up) const {
  std::vector<AdapterTensor> tensors;
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const Pair& pair = pairs_[i];
    tensors.push_back(factor(i, false, pair.*down));
    tensors.push_back(factor(i, true, pair.*up));
    if (pair.dora)
      tensors.push_back(
          AdapterTensor::vector(kPeftPrefix + targets()[i].name + ".lora_magnitude_vector", pair.dora->magnitude()));
  }
  return tensors;
}

std::vector<AdapterTensor> Lora::factors() const { return pairs(&Pair::down, &Pair::up); }

std::vector<AdapterTensor> Lora::stored() const {
  if (!begins_from_matrix()) return Method::stored();
  std::vector<AdapterTensor> tensors = pairs(&Pair::lowered_down, &Pair::lowered_up);
  const std::vector<AdapterTensor> all = trainable();
  tensors.insert(tensors.end(), all.begin() + std::ptrdiff_t(factors().size()), all.end());
  return tensors;
}

void Lora::read(const Reader& reader) { read_into(trainable(), reader); }

std::unique_ptr<Lora> Lora::of(const Method& method, const Trunk& trunk) {
  const Edits& edits = method.edits();
  const std::map<std::string, int> ranks = method.ranks();
  check<UnsupportedError>(edits.tables.empty() && edits.replaced.empty() && edits.virtual_tokens() == 0,
                          "unsupported: this adapter as plain LoRA: it changes more than matrices");
  std::map<std::string, LowRank> pairs;
  for (size_t site = 0; site < edits.sites.size(); ++site) {
    const SiteEdit& edit = edits.sites[site];
    const std::string& name = trunk.parameters.sites()[site].name;
    check<UnsupportedError>(!edit.input_gain && !edit.output_gain, "unsupported: this adapter as plain LoRA: ", name,
                            " has a gain");
    if (!edit.low_rank.down || ranks.at(name) == 0) continue;
    LowRank& pair = pairs[name] = compact(edit.low_rank, ranks.at(name));
    pair.scale = edit.low_rank.scale;
    pair.dropout = edit.low_rank.dropout;
  }
  check<UnsupportedError>(!pairs.empty(), "unsupported: this adapter as plain LoRA: no matrix has a rank left");
  return from_pairs(pairs, trunk);
}

std::unique_ptr<Lora> Lora::from_pairs(const std::map<std::string, LowRank>& pairs, const Trunk& trunk) {
  LoraConfig config{.rank = 1, .alpha = 1};
  for (const auto& [name, pair] : pairs) {
    const int rank = pair.down.rows();
    config.dropout = pair.dropout;
    config.targets.modules.push_back(name);
    config.rank_pattern[name] = rank;
    config.alpha_pattern[name] = pair.scale * float(rank);
  }
  std::unique_ptr<Lora> lora(new Lora(trunk, config));
  for (size_t i = 0; i < lora->pairs_.size(); ++i) {
    const LowRank& pair = pairs.at(lora->targets()[i].name);
    std::ranges::copy(pair.down.values(), lora->pairs_[i].down.values().begin());
    std::ranges::copy(pair.up.values(), lora->pairs_[i].up.values().begin());
  }
  return lora;
}

}  // namespace graft::inline v0
