// SPDX-License-Identifier: Apache-2.0
#include "support/goldens.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace graft {
namespace {

bool is_same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

std::filesystem::path golden_path(const std::string& name) { return std::filesystem::path(GRAFT_GOLDEN) / name; }

Goldens load_golden(const std::string& name) { return Goldens::load(golden_path(name)); }

double largest_difference(std::span<const float> a, std::span<const float> b) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  if (a.size() != b.size()) return kNone;
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (is_same(a[i], b[i])) continue;
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    largest = std::max(largest, std::isnan(difference) ? kNone : difference);
  }
  return largest;
}

}  // namespace graft
