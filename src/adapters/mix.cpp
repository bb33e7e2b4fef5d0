// SPDX-License-Identifier: Apache-2.0
#include "adapters/mix.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

// One factor of one adapter, and what it counts in the sum.
struct Part {
  Tensor values;
  float weight;
};
using Parts = std::vector<Part>;

// Only the largest values.
Tensor largest(Memory& memory, const Tensor& x, float density) {
  std::vector<size_t> order(x.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const std::span<const float> values = x.values();
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return std::abs(values[a]) > std::abs(values[b]); });
  const Tensor kept = Tensor::zeros(memory, x.rows(), x.cols());
  for (size_t i = 0; i < size_t(double(density) * double(x.size())); ++i) kept.values()[order[i]] = values[order[i]];
  return kept;
}

// Values at random, scaled up so that the expected ones stay.
Tensor thinned(Memory& memory, const Tensor& x, float density, uint64_t seed, uint64_t stream) {
  const Tensor kept = Tensor::zeros(memory, x.rows(), x.cols());
  for (size_t i = 0; i < x.size(); ++i)
    if (random_uniform(seed, stream, i) < density) kept.values()[i] = x.values()[i] / density;
  return kept;
}

Tensor sum(Memory& memory, const Parts& parts) {
  const Tensor total = Tensor::zeros(memory, parts[0].values.rows(), parts[0].values.cols());
  for (const auto& [values, weight] : parts)
    for (size_t i = 0; i < values.size(); ++i) total.values()[i] += weight * values.values()[i];
  return total;
}

// The mean of those values that have the sign of their sum.
Tensor mean_of_majority(Memory& memory, const Parts& parts) {
  const Tensor mean = Tensor::zeros(memory, parts[0].values.rows(), parts[0].values.cols());
  for (size_t i = 0; i < mean.size(); ++i) {
    float total = 0, agreeing = 0;
    int count = 0;
    for (const Part& part : parts) total += part.values.values()[i];
    for (const auto& [values, weight] : parts) {
      const float value = values.values()[i];
      if (total >= 0 ? value <= 0 : value >= 0) continue;
      agreeing += weight * value;
      ++count;
    }
    mean.values()[i] = agreeing / float(std::max(count, 1));
  }
  return mean;
}

// `stream` names the factor among all.
Tensor mixed(Memory& memory, Parts parts, const MixOptions& options, uint64_t stream) {
  for (Part& part : parts) {
    if (options.mixing == Mixing::ties) part.values = largest(memory, part.values, options.density);
    if (options.mixing == Mixing::dare)
      part.values = thinned(memory, part.values, options.density, options.seed, stream);
    stream += 2;
  }
  return options.mixing == Mixing::ties ? mean_of_majority(memory, parts) : sum(memory, parts);
}

struct WeightedPair {
  LowRank pair;
  float weight;  // with the pair's scale
};

LowRank concatenated(Memory& memory, const std::vector<WeightedPair>& pairs) {
  int rank = 0;
  for (const WeightedPair& weighted : pairs) rank += weighted.pair.down.rows();
  LowRank joined{.down = Tensor(memory, rank, pairs[0].pair.down.cols()),
                 .up = Tensor(memory, pairs[0].pair.up.rows(), rank)};
  int first = 0;
  for (const auto& [pair, weight] : pairs) {
    for (int k = 0; k < pair.down.rows(); ++k) {
      const std::span<float> from = pair.down.row(k), to = joined.down.row(first + k);
      std::transform(from.begin(), from.end(), to.begin(), [&](float value) { return weight * value; });
    }
    for (int row = 0; row < pair.up.rows(); ++row)
      std::copy_n(pair.up.row(row).data(), pair.up.cols(), joined.up.row(row).data() + first);
    first += pair.down.rows();
  }
  return joined;
}

// The sign of a weight goes to one side only, else it would cancel.
LowRank combined(Memory& memory, const std::string& name, const std::vector<WeightedPair>& pairs,
                 const MixOptions& options, uint64_t stream) {
  Parts downs, ups;
  for (const auto& [pair, weight] : pairs) {
    check(pair.down.rows() == pairs[0].pair.down.rows(), "mix_adapters: the ranks at ", name, " are ",
          pairs[0].pair.down.rows(), " and ", pair.down.rows(), ", expected the same ones, or a concatenation");
    const float root = std::sqrt(std::abs(weight));
    downs.push_back({pair.down, std::copysign(root, weight)});
    ups.push_back({pair.up, root});
  }
  return {.down = mixed(memory, std::move(downs), options, stream),
          .up = mixed(memory, std::move(ups), options, stream + 1)};
}

}  // namespace

std::unique_ptr<Lora> mix(std::span<const Method* const> methods, const MixOptions& options, const Trunk& trunk) {
  check(!methods.empty(), "mix_adapters: there are no adapters, expected at least one");
  check(options.weights.empty() || options.weights.size() == methods.size(), "mix_adapters: weights has ",
        options.weights.size(), " values, expected ", methods.size(), ", one an adapter");
  check(options.density > 0 && options.density <= 1, "mix_adapters: density is ", options.density,
        ", expected above 0 to 1");
  std::map<std::string, std::vector<WeightedPair>> pairs;
  for (size_t i = 0; i < methods.size(); ++i) {
    const float weight = options.weights.empty() ? 1 : options.weights[i];
    check(std::isfinite(weight), "mix_adapters: weight ", i, " is ", weight, ", expected a finite number");
    const std::unique_ptr<Lora> lora = Lora::of(*methods[i], trunk);
    for (const Target& target : lora->targets()) {
      const LowRank& pair = lora->edits().sites[size_t(target.site)].low_rank;
      pairs[target.name].push_back({pair, weight * pair.scale});
    }
  }
  const std::shared_ptr<Memory> memory = Memory::create_on_host();
  std::map<std::string, LowRank> result;
  uint64_t stream = 0;
  for (const auto& [name, of_matrix] : pairs) {
    result[name] = options.mixing == Mixing::concatenation ? concatenated(*memory, of_matrix)
                                                           : combined(*memory, name, of_matrix, options, stream);
    stream += 2 * methods.size();
  }
  return Lora::from_pairs(result, trunk);
}

}  // namespace graft::inline v0
