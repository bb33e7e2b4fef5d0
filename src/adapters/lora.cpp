// SPDX-License-Identifier: Apache-2.0
#include "adapters/lora.hpp"

#include <cmath>

#include "support/message.hpp"
#include "support/random.hpp"
#include "tensor/packed_factors.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kMaxRank = 1 << 16;

void check_config(const LoraConfig& config) {
  check(config.rank >= 1 && config.rank <= kMaxRank, "LoRA: rank (r) is ", config.rank, ", expected 1 to ", kMaxRank);
  check(std::isfinite(config.alpha), "LoRA: alpha is ", config.alpha, ", expected a finite number");
  check(config.dropout >= 0 && config.dropout < 1, "LoRA: dropout is ", config.dropout, ", expected 0 to below 1");
  for (const auto& [pattern, rank] : config.rank_pattern)
    check(rank >= 1 && rank <= kMaxRank, "LoRA: rank_pattern \"", pattern, "\" is ", rank, ", expected 1 to ",
          kMaxRank);
}

float scale_of(const LoraConfig& config, const std::string& site) {
  const float rank = float(rank_of(config, site));
  return alpha_of(config, site) / (config.rank_stabilized ? std::sqrt(rank) : rank);
}

Tensor copy(Memory& memory, const Tensor& x) {
  Tensor y(memory, x.rows(), x.cols());
  std::memcpy(y.data(), x.data(), x.size() * sizeof(float));
  return y;
}

}  // namespace

Lora::Lora(LoraConfig config, std::vector<LoraSite> sites, size_t site_count)
    : config_(std::move(config)), sites_(std::move(sites)), edits_(site_count) {
  for (const LoraSite& site : sites_) edits_[site.site].low_rank = site.low_rank;
}

Lora Lora::shaped(const Trunk& trunk, LoraConfig config) {
  check_config(config);
  const std::shared_ptr<Memory> memory = Memory::create();
  std::vector<LoraSite> sites;
  for (const int site : find_targets(trunk, config)) {
    const auto& [name, projection] = trunk.parameters.sites()[site];
    const int rank = rank_of(config, name);
    sites.push_back({name,
                     site,
                     {.down = Tensor::zeros(*memory, rank, projection.weight->cols()),
                      .up = Tensor::zeros(*memory, projection.weight->rows(), rank),
                      .scale = scale_of(config, name),
                      .dropout = config.dropout}});
  }
  return Lora(std::move(config), std::move(sites), trunk.parameters.sites().size());
}

Lora Lora::create(const Trunk& trunk, LoraConfig config, uint64_t seed) {
  Lora lora = shaped(trunk, std::move(config));
  for (const LoraSite& site : lora.sites_) {
    const std::span<float> values = site.low_rank.down.values();
    const double bound = 1 / std::sqrt(double(site.low_rank.down.cols()));
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = float(bound * (2 * random_uniform(seed, uint64_t(site.site), i) - 1));
  }
  return lora;
}

Lora Lora::copy() const {
  const std::shared_ptr<Memory> memory = Memory::create();
  std::vector<LoraSite> sites = sites_;
  for (LoraSite& site : sites) {
    site.low_rank.down = graft::copy(*memory, site.low_rank.down);
    site.low_rank.up = graft::copy(*memory, site.low_rank.up);
  }
  return Lora(config_, std::move(sites), edits_.size());
}

Lora Lora::snapshot() const {
  Lora fixed = copy();
  fixed.edits_ = packed_once(fixed.edits_, Memory::create());
  return fixed;
}

std::vector<MergedWeight> merge(const Lora& lora, Trunk& trunk, bool exact) {
  const Lane lane(trunk.backend);
  const Kernels& kernels = trunk.backend->kernels();
  std::vector<MergedWeight> merged;
  for (const LoraSite& site : lora.sites()) {
    Weight& weight = *trunk.parameters.find(site.name + ".weight");
    merged.push_back({&weight, weight});
    weight.thaw(lane, trunk.memory, exact);
    weight.own(lane, trunk.memory);
    const auto& [down, up, scale, dropout, packed] = site.low_rank;
    kernels.matmul(lane.stream(), Compute::f32, {up.data(), up.cols()}, {down.data(), down.cols()},
                   weight.parameter().data(), weight.cols(), weight.rows(), weight.cols(), up.cols(), scale, true);
    weight.repack(lane);
    weight.freeze();
  }
  return merged;
}

}  // namespace graft::inline v0
