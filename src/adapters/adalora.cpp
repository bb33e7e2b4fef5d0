// SPDX-License-Identifier: Apache-2.0
#include "adapters/adalora.hpp"

#include <algorithm>
#include <cmath>

#include "adapters/scaled_rows.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

constexpr float kRankOffset = 1e-5f;  // PEFT's, of the rank in the scale
constexpr float kDeviation = 0.02f;   // of initial factors
constexpr double kWarmupShare = 0.1, kFinalShare = 0.3;
constexpr int kMaxRank = 1 << 16;

void check_config(const AdaLoraConfig& config) {
  check(config.initial_rank >= 1 && config.initial_rank <= kMaxRank, "AdaLoRA: initial_rank (init_r) is ",
        config.initial_rank, ", expected 1 to ", kMaxRank);
  check(config.target_rank >= 0 && config.target_rank <= config.initial_rank, "AdaLoRA: target_rank (target_r) is ",
        config.target_rank, ", expected 0 to the initial rank ", config.initial_rank);
  check(config.dropout >= 0 && config.dropout < 1, "AdaLoRA: dropout is ", config.dropout, ", expected 0 to below 1");
  check(std::isfinite(config.alpha), "AdaLoRA: alpha is ", config.alpha, ", expected a finite number");
  check(config.interval >= 1, "AdaLoRA: interval (deltaT) is ", config.interval, ", expected at least 1");
  for (const float beta : {config.beta1, config.beta2})
    check(beta > 0 && beta < 1, "AdaLoRA: beta1 or beta2 is ", beta, ", expected between 0 and 1");
  check(config.orthogonality >= 0, "AdaLoRA: orthogonality (orth_reg_weight) is ", config.orthogonality,
        ", expected at least 0");
}

// rows · rowsᵀ − 1 and its norm; the rows of `up` are its columns.
struct Distance {
  Tensor matrix;
  double norm = 0;
};
Distance distance_from_orthonormal(const Lane& lane, Memory& memory, const Tensor& factor, bool is_up) {
  const int rank = is_up ? factor.cols() : factor.rows(), length = is_up ? factor.rows() : factor.cols();
  Distance distance{Tensor(memory, rank, rank)};
  const Operand as_rows{factor.data(), factor.cols(), is_up}, as_columns{factor.data(), factor.cols(), !is_up};
  lane.backend().kernels().matmul(lane.stream(), Compute::f32, as_rows, as_columns, distance.matrix.data(), rank, rank,
                                  rank, length, 1, false);
  for (int i = 0; i < rank; ++i) distance.matrix.row(i)[size_t(i)] -= 1;
  for (const float value : distance.matrix.values()) distance.norm += double(value) * value;
  distance.norm = std::sqrt(distance.norm);
  return distance;
}

// d ‖M‖ / d factor = 2 / ‖M‖ · M · factor, for M = factor · factorᵀ − 1.
void add_slope(const Lane& lane, Memory& memory, const Tensor& factor, bool is_up, double weight, float* gradient) {
  const auto [matrix, norm] = distance_from_orthonormal(lane, memory, factor, is_up);
  if (norm == 0) return;
  const Operand of_matrix{matrix.data(), matrix.cols()}, of_factor{factor.data(), factor.cols()};
  lane.backend().kernels().matmul(lane.stream(), Compute::f32, is_up ? of_factor : of_matrix,
                                  is_up ? of_matrix : of_factor, gradient, factor.cols(), factor.rows(), factor.cols(),
                                  matrix.rows(), float(2 * weight / norm), true);
}

}  // namespace

AdaLora::AdaLora(const Trunk& trunk, const AdaLoraConfig& config)
    : Method(trunk, config.targets, config.kept, false), config_(config) {
  check_config(config);
  const std::shared_ptr<Memory> memory = fresh_memory();
  const int rank = config.initial_rank;
  for (const Target& target : targets()) {
    const int rows = target.weight->rows(), cols = target.weight->cols();
    const auto zeros = [&](int of_rows, int of_cols) { return Tensor::zeros(*memory, of_rows, of_cols); };
    const Tensor down = zeros(rank, cols), values = zeros(rank, 1), up = zeros(rows, rank);
    parts_.push_back({down, values, up, zeros(rank, cols), zeros(rank, 1), Importance(*memory, down),
                      Importance(*memory, values), Importance(*memory, up)});
    std::ranges::fill(parts_.back().mask.values(), 1.0f);
  }
  make_edits();
}

std::unique_ptr<AdaLora> AdaLora::create(const Trunk& trunk, const AdaLoraConfig& config, uint64_t seed) {
  std::unique_ptr<AdaLora> made(new AdaLora(trunk, config));
  for (size_t i = 0; i < made->parts_.size(); ++i) {
    const Part& part = made->parts_[i];
    uint64_t stream = 2 * uint64_t(made->targets()[i].site);
    for (const Tensor& factor : {part.down, part.up}) fill_normal(factor.values(), kDeviation, seed, stream++);
  }
  made->lower(trunk, Lane(trunk.backend));
  return made;
}

std::unique_ptr<Method> AdaLora::copy() const {
  const std::shared_ptr<Memory> memory = fresh_memory();
  std::unique_ptr<AdaLora> copied(new AdaLora(*this));
  for (Part& part : copied->parts_) {
    for (Tensor* tensor : {&part.down, &part.values, &part.up, &part.lowered, &part.mask})
      *tensor = graft::copy(*memory, *tensor);
    for (Importance* importance : {&part.of_down, &part.of_values, &part.of_up})
      *importance = importance->copy(*memory);
  }
  copied->copy_kept();
  copied->make_edits();
  return copied;
}

Edits AdaLora::made_edits() const {
  Edits edits = no_edits();
  for (size_t i = 0; i < parts_.size(); ++i)
    edits.sites[size_t(targets()[i].site)].low_rank = {
        .down = parts_[i].lowered,
        .up = parts_[i].up,
        .scale = config_.alpha / (float(config_.initial_rank) + kRankOffset),
        .dropout = config_.dropout};
  return edits;
}

void AdaLora::lower(const Trunk& trunk, const Lane& lane) {
  Method::lower(trunk, lane);
  for (const Part& part : parts_) scale_rows(part.values, part.down, part.lowered);
}

std::vector<NamedTensor> AdaLora::running() const {
  std::vector<NamedTensor> tensors;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    const std::string& name = targets()[i].name;
    tensors.push_back({name + ".mask", part.mask});
    for (const auto& [factor, importance] :
         {std::pair{".lora_A", &part.of_down}, {".lora_E", &part.of_values}, {".lora_B", &part.of_up}}) {
      tensors.push_back({name + factor + ".sensitivity", importance->sensitivity()});
      tensors.push_back({name + factor + ".strays", importance->strays()});
    }
  }
  return tensors;
}

std::vector<Tensor> AdaLora::lowered() const {
  std::vector<Tensor> tensors;
  for (const Part& part : parts_) tensors.push_back(part.lowered);
  return tensors;
}

void AdaLora::pull(Gradients& gradients) const {
  for (const Part& part : parts_) {
    if (!gradients.reached(part.lowered)) continue;
    const Tensor& slopes = gradients.of(part.lowered);
    float* ddown = gradients.reach_on_host(part.down);
    for (int k = 0; k < slopes.rows(); ++k)
      for (const float value = part.values.values()[size_t(k)]; const float slope : slopes.row(k))
        *ddown++ += value * slope;
    add_gain_slopes(slopes, part.down, gradients.reach_on_host(part.values));
  }
}

void AdaLora::regularise(const Lane& lane, Gradients& gradients) const {
  const std::shared_ptr<Memory> memory = fresh_memory();
  const double weight = double(config_.orthogonality) / double(2 * parts_.size());
  for (const Part& part : parts_) {
    if (weight == 0 || !gradients.reached(part.lowered)) continue;
    add_slope(lane, *memory, part.down, false, weight, gradients.reach(part.down.identity().get()));
    add_slope(lane, *memory, part.up, true, weight, gradients.reach(part.up.identity().get()));
  }
}

double AdaLora::regulariser(const Lane& lane) const {
  const std::shared_ptr<Memory> memory = fresh_memory();
  double sum = 0;
  for (const Part& part : parts_)
    sum += distance_from_orthonormal(lane, *memory, part.down, false).norm +
           distance_from_orthonormal(lane, *memory, part.up, true).norm;
  return config_.orthogonality * sum / double(2 * parts_.size());
}

void AdaLora::begin(int steps) {
  if (is_settled_) return;
  config_.total_steps = steps;
  warmup_ = config_.warmup_steps >= 0 ? config_.warmup_steps : int(kWarmupShare * steps);
  final_ = config_.final_steps >= 0 ? config_.final_steps : int(kFinalShare * steps);
  check(warmup_ < steps - final_, "AdaLoRA: warmup_steps ", warmup_, " and final_steps ", final_, " of ", steps,
        " steps in all leave none to decide the ranks, expected less");
  for (const Part& part : parts_)
    for (const Importance* importance : {&part.of_down, &part.of_values, &part.of_up}) importance->clear();
}

// A cubic curve from all ranks to those of the target.
int AdaLora::budget(int step) const {
  const int all = config_.initial_rank * int(parts_.size()), target = config_.target_rank * int(parts_.size());
  const int last = config_.total_steps - final_;
  if (step <= warmup_) return all;
  if (step > last) return target;
  const double left = 1 - double(step - warmup_) / double(last - warmup_);
  return int((all - target) * (left * left * left) + target);
}

bool AdaLora::decides(int step) const {
  const int last = config_.total_steps - final_;
  return step == last || (step > warmup_ && step < last && step % config_.interval == 0);
}

void AdaLora::finish_step(const Gradients& gradients, float scale, int step) {
  const int last = config_.total_steps - final_;
  if (is_settled_ || step > last) return apply_masks();
  if (step < last)
    for (const Part& part : parts_)
      for (const auto& [tensor, importance] :
           {std::pair{&part.down, &part.of_down}, {&part.values, &part.of_values}, {&part.up, &part.of_up}})
        importance->add(*tensor, gradients.of(*tensor), scale, config_.beta1, config_.beta2);
  if (decides(step)) allocate(budget(step));
  if (step == config_.total_steps) is_settled_ = true;
}

// A value counts with its own importance and the means over its vectors; the least important ones of all matrices go.
void AdaLora::allocate(int budget) {
  std::vector<std::vector<float>> scores;
  std::vector<float> all;
  for (const Part& part : parts_) {
    std::vector<float>& of_part = scores.emplace_back();
    for (int k = 0; k < part.down.rows(); ++k) {
      float down = 0, up = 0;
      for (int col = 0; col < part.down.cols(); ++col) down += part.of_down.score(k, col);
      for (int row = 0; row < part.up.rows(); ++row) up += part.of_up.score(row, k);
      of_part.push_back(part.of_values.score(k, 0) + (down / float(part.down.cols()) + up / float(part.up.rows())));
    }
    all.insert(all.end(), of_part.begin(), of_part.end());
  }
  const int removed = int(all.size()) - budget;
  if (removed <= 0) return;
  std::nth_element(all.begin(), all.begin() + (removed - 1), all.end());
  const float threshold = all[size_t(removed - 1)];
  for (size_t i = 0; i < parts_.size(); ++i)
    std::ranges::transform(scores[i], parts_[i].mask.values().begin(),
                           [&](float score) { return score > threshold ? 1.0f : 0.0f; });
  apply_masks();
}

void AdaLora::apply_masks() {
  for (const Part& part : parts_)
    for (size_t k = 0; k < part.mask.size(); ++k)
      if (part.mask.values()[k] == 0) part.values.values()[k] = 0;
}

std::map<std::string, int> AdaLora::ranks() const {
  std::map<std::string, int> ranks;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const std::span<float> mask = parts_[i].mask.values();
    ranks[targets()[i].name] = int(std::count(mask.begin(), mask.end(), 1.0f));
  }
  return ranks;
}

}  // namespace graft::inline v0
