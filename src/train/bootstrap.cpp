// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "graft/metrics.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

using Rows = std::vector<size_t>;

// The rows of each stratum.
std::vector<Rows> strata_of(size_t rows, std::span<const int32_t> strata) {
  std::map<int32_t, Rows> all;
  for (size_t row = 0; row < rows; ++row) all[strata.empty() ? 0 : strata[row]].push_back(row);
  std::vector<Rows> result;
  for (auto& [stratum, of_stratum] : all) result.push_back(std::move(of_stratum));
  return result;
}

// As many rows of each stratum as it has, with replacement.
void draw(const std::vector<Rows>& strata, uint64_t seed, uint64_t sample, Rows& drawn) {
  drawn.clear();
  for (const Rows& rows : strata)
    for (size_t i = 0; i < rows.size(); ++i)
      drawn.push_back(rows[random_number(seed, sample, drawn.size()) % rows.size()]);
}

// Between the two values that are nearest to the share, in proportion.
double percentile(const std::vector<double>& sorted, double share) {
  const double at = share * double(sorted.size() - 1);
  const size_t below = size_t(at), above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - double(below)) * (sorted[above] - sorted[below]);
}

Estimate estimate(double value, std::vector<double> samples, double level) {
  std::erase_if(samples, [](double sample) { return std::isnan(sample); });
  if (samples.empty()) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    return {value, kUnknown, kUnknown};
  }
  std::sort(samples.begin(), samples.end());
  return {value, percentile(samples, (1 - level) / 2), percentile(samples, (1 + level) / 2)};
}

}  // namespace

std::vector<Estimate> bootstrap(size_t rows, const std::function<std::vector<double>(std::span<const size_t>)>& figures,
                                const BootstrapOptions& options, std::span<const int32_t> strata) {
  check(options.samples >= 0, "BootstrapOptions: samples is ", options.samples, ", expected at least 0");
  check(options.level > 0 && options.level < 1, "BootstrapOptions: level is ", options.level,
        ", expected between 0 and 1");
  check(strata.empty() || strata.size() == rows, "bootstrap: found ", strata.size(), " strata, expected ", rows);
  Rows sample(rows);
  std::iota(sample.begin(), sample.end(), size_t{0});
  const std::vector<double> values = figures(sample);
  std::vector<std::vector<double>> samples(values.size());
  const std::vector<Rows> groups = strata_of(rows, strata);
  for (int i = 0; i < options.samples; ++i) {
    draw(groups, options.seed, uint64_t(i), sample);
    const std::vector<double> found = figures(sample);
    for (size_t j = 0; j < samples.size(); ++j) samples[j].push_back(found.at(j));
  }
  std::vector<Estimate> estimates;
  for (size_t j = 0; j < values.size(); ++j)
    estimates.push_back(estimate(values[j], std::move(samples[j]), options.level));
  return estimates;
}

}  // namespace graft::inline v0
