// SPDX-License-Identifier: Apache-2.0
#include "adapters/lora.hpp"

#include <cmath>

#include "adapters/initial_factors.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kMaxRank = 1 << 16;

void check_config(const LoraConfig& config) {
  check(config.rank >= 1 && config.rank <= kMaxRank, "LoRA: rank (r) is ", config.rank, ", expected 1 to ", kMaxRank);
  check(std::isfinite(config.alpha), "LoRA: alpha is ", config.alpha, ", expected a finite number");
  check(config.dropout >= 0 && config.dropout < 1, "LoRA: dropout is ", config.dropout, ", expected 0 to below 1");
  check(std::isfinite(config.plus_ratio) && config.plus_ratio > 0, "LoRA: plus_ratio is ", config.plus_ratio,
        ", expected more than 0");
  check(!config.dora || config.initial == LoraInitial::kaiming,
        "LoRA: dora and initial are both given, expected one of them");
  for (const auto& [pattern, rank] : config.rank_pattern)
    check(rank >= 1 && rank <= kMaxRank, "LoRA: rank_pattern \"", pattern, "\" is ", rank, ", expected 1 to ",
          kMaxRank);
}

float scale_of(const LoraConfig& config, const std::string& module) {
  const float rank = float(value_for(config.rank_pattern, module, config.rank));
  const float alpha = value_for(config.alpha_pattern, module, config.alpha);
  return alpha / (config.rank_stabilized ? std::sqrt(rank) : rank);
}

// [above; below], and [left, right] times a sign of the right.
void stack_rows(const Tensor& above, const Tensor& below, const Tensor& into) {
  std::ranges::copy(above.values(), into.values().begin());
  std::ranges::copy(below.values(), into.row(above.rows()).begin());
}
void join_columns(const Tensor& left, const Tensor& right, float sign, const Tensor& into) {
  for (int row = 0; row < left.rows(); ++row)
    for (int col = 0; col < left.cols(); ++col) {
      into.row(row)[size_t(col)] = left.row(row)[size_t(col)];
      into.row(row)[size_t(left.cols() + col)] = sign * right.row(row)[size_t(col)];
    }
}

}  // namespace

Lora::Lora(const Trunk& trunk, const LoraConfig& config)
    : Method(trunk, config.targets, config.kept, true), config_(config) {
  check_config(config);
  const std::shared_ptr<Memory> memory = fresh_memory();
  const Lane lane(trunk.backend);
  for (const auto& [name, module, weight, number, site] : targets()) {
    const int rank = value_for(config.rank_pattern, name, config.rank), rows = weight->rows(), cols = weight->cols();
    const bool is_table = site < 0;
    check<UnsupportedError>(!is_table || (!config.dora && !begins_from_matrix()),
                            "unsupported: ", config.dora ? "DoRA" : "PiSSA or OLoRA", " on the table ", name);
    check(!begins_from_matrix() || rank <= std::min(rows, cols), "LoRA: rank is ", rank, " for ", name,
          ", expected at most ", std::min(rows, cols));
    Pair& pair = pairs_.emplace_back(
        Pair{.down = is_table ? Tensor::zeros(*memory, rows, rank) : Tensor::zeros(*memory, rank, cols),
             .up = Tensor::zeros(*memory, is_table ? cols : rows, rank),
             .scale = scale_of(config, name)});
    if (config.dora) pair.dora.emplace(*memory, rows).set_matrix(lane, *weight);
    if (!begins_from_matrix()) continue;
    const InitialFactors first = config.initial == LoraInitial::pissa
                                     ? pissa_factors(lane, *memory, *weight, rank, pair.scale)
                                     : olora_factors(lane, *memory, *weight, rank);
    pair.first_down = first.down;
    pair.first_up = first.up;
    pair.lowered_down = Tensor(*memory, 2 * rank, cols);
    pair.lowered_up = Tensor(*memory, rows, 2 * rank);
  }
  make_edits();
}

std::unique_ptr<Lora> Lora::create(const Trunk& trunk, const LoraConfig& config, uint64_t seed) {
  std::unique_ptr<Lora> lora(new Lora(trunk, config));
  lora->draw(seed);
  lora->lower(trunk, Lane(trunk.backend));
  return lora;
}

// PEFT's initial values: of a matrix, down as Kaiming with a = √5 and up zero; of a table, down zero and up normal.
void Lora::draw(uint64_t seed) {
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const Pair& pair = pairs_[i];
    if (begins_from_matrix()) {
      pair.down.assign(pair.first_down);
      pair.up.assign(pair.first_up);
      continue;
    }
    const bool is_table = targets()[i].site < 0;
    const std::span<float> values = is_table ? pair.up.values() : pair.down.values();
    const uint64_t stream = is_table ? ~uint64_t(i) : uint64_t(targets()[i].site);
    const double bound = 1 / std::sqrt(double(pair.down.cols()));
    if (is_table)
      fill_normal(values, 1, seed, stream);
    else
      fill_uniform(values, bound, seed, stream);
  }
}

std::unique_ptr<Method> Lora::copy() const {
  const std::shared_ptr<Memory> memory = fresh_memory();
  std::unique_ptr<Lora> copied(new Lora(*this));
  for (Pair& pair : copied->pairs_) {
    for (Tensor* tensor :
         {&pair.down, &pair.up, &pair.first_down, &pair.first_up, &pair.lowered_down, &pair.lowered_up})
      if (*tensor) *tensor = graft::copy(*memory, *tensor);
    if (pair.dora) pair.dora = pair.dora->copy(*memory);
  }
  copied->copy_kept();
  copied->make_edits();
  return copied;
}

Edits Lora::made_edits() const {
  Edits edits = no_edits();
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const Pair& pair = pairs_[i];
    const Target& target = targets()[i];
    if (target.site < 0) {
      edits.tables[target.number] = {pair.down, pair.up, pair.scale};
      continue;
    }
    SiteEdit& edit = edits.sites[size_t(target.site)];
    edit.low_rank = {.down = pair.lowered_down ? pair.lowered_down : pair.down,
                     .up = pair.lowered_up ? pair.lowered_up : pair.up,
                     .scale = pair.scale,
                     .dropout = config_.dropout};
    if (pair.dora) edit.output_gain = pair.dora->gain();
  }
  return edits;
}

void Lora::lower(const Trunk& trunk, const Lane& lane) {
  Method::lower(trunk, lane);
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const Pair& pair = pairs_[i];
    if (pair.dora)
      pair.dora->lower(lane, *trunk.parameters.all()[size_t(targets()[i].number)].weight,
                       {.down = pair.down, .up = pair.up, .scale = pair.scale});
    if (!pair.lowered_down) continue;
    stack_rows(pair.down, pair.first_down, pair.lowered_down);
    join_columns(pair.up, pair.first_up, -1, pair.lowered_up);
  }
}

std::vector<Tensor> Lora::lowered() const {
  std::vector<Tensor> tensors;
  for (const Pair& pair : pairs_) {
    if (pair.dora) tensors.push_back(pair.dora->gain());
    if (pair.lowered_down) tensors.insert(tensors.end(), {pair.lowered_down, pair.lowered_up});
  }
  return tensors;
}

void Lora::pull(Gradients& gradients) const {
  for (const Pair& pair : pairs_) {
    if (pair.dora) pair.dora->pull(gradients);
    if (!pair.lowered_down || !gradients.reached(pair.lowered_down)) continue;
    const Tensor &ddown = gradients.of(pair.lowered_down), &dup = gradients.of(pair.lowered_up);
    std::copy_n(ddown.values().begin(), pair.down.size(), gradients.reach_on_host(pair.down));
    float* into = gradients.reach_on_host(pair.up);
    for (int row = 0; row < pair.up.rows(); ++row)
      std::copy_n(dup.row(row).begin(), pair.up.cols(), into + size_t(row) * size_t(pair.up.cols()));
  }
}

std::vector<ParameterGroup> Lora::groups(float learning_rate) const {
  if (config_.plus_ratio == 1) return {};
  return {{.pattern = ".*\\.lora_(embedding_)?B(\\.weight)?", .learning_rate = learning_rate * config_.plus_ratio}};
}

std::map<std::string, int> Lora::ranks() const {
  std::map<std::string, int> ranks;
  for (size_t i = 0; i < pairs_.size(); ++i) ranks[targets()[i].name] = pairs_[i].up.cols();
  return ranks;
}

}  // namespace graft::inline v0
