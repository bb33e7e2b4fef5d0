// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr size_t kMostNames = 4;  // of what is wrong, in a reason

// NaN counts as infinitely wrong unless it is expected.
double distance(double found, double expected) {
  if (found == expected || (std::isnan(found) && std::isnan(expected))) return 0;
  const double error = std::abs(found - expected);
  return std::isnan(error) ? kInfinite : error;
}

std::string joined(const std::vector<std::string>& names, size_t most = std::numeric_limits<size_t>::max()) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), most); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) text += message(" and ", names.size() - most, " more");
  return text;
}

}  // namespace

void Comparison::expect(const Goldens& goldens) {
  for (const auto& [name, golden] : goldens.tensors)
    if (golden.role == "expected") open_.emplace(name, golden);
}

void Comparison::floats(const std::string& name, std::span<const float> found) {
  const auto at = open_.find(name);
  if (at == open_.end()) return;
  const Golden golden = std::move(at->second);
  open_.erase(at);
  if (found.size() != golden.floats.size()) return add(name, kInfinite, golden.tolerance);
  double error = 0, largest = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    error = std::max(error, distance(found[i], golden.floats[i]));
    largest = std::max(largest, std::abs(double(golden.floats[i])));
  }
  verdict_.absolute = std::max(verdict_.absolute, error);
  if (largest > 0) verdict_.relative = std::max(verdict_.relative, error / largest);
  add(name, error, golden.tolerance);
}

void Comparison::integers(const std::string& name, std::span<const int64_t> found) {
  const auto at = open_.find(name);
  if (at == open_.end()) return;
  const std::vector<int64_t> expected = std::move(at->second.integers);
  open_.erase(at);
  double differing = found.size() == expected.size() ? 0 : kInfinite;
  for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i) differing += found[i] != expected[i];
  add(name, differing, 0);
}

void Comparison::number(const std::string& name, double found, double expected, double tolerance) {
  const double error = distance(found, expected);
  verdict_.absolute = std::max(verdict_.absolute, error);
  if (expected != 0) verdict_.relative = std::max(verdict_.relative, error / std::abs(expected));
  add(name, error, tolerance);
}

void Comparison::claim(const std::string& name, bool holds) { add(name, holds ? 0 : 1, 0); }

void Comparison::norm(const std::string& name, double found, double expected, double tolerance) {
  add(name, distance(found, expected), tolerance * std::abs(expected));
}

void Comparison::unsupported(const std::string& part) {
  unsupported_.push_back(part);
  std::erase_if(open_, [&](const auto& entry) { return entry.first.starts_with(part + "."); });
}

void Comparison::give_up(const std::string& reason) {
  given_up_ = reason;
  open_.clear();
}

void Comparison::add(const std::string& name, double error, double tolerance) {
  ++verdict_.checked;
  if (!(error <= tolerance)) wrong_.push_back(name);
  const auto share = [](double e, double t) { return t > 0 ? e / t : e > 0 ? kInfinite : 0; };
  if (!verdict_.worst.empty() && share(error, tolerance) <= share(verdict_.error, verdict_.tolerance)) return;
  verdict_.worst = name;
  verdict_.error = error;
  verdict_.tolerance = tolerance;
}

Verdict Comparison::verdict() const {
  Verdict verdict = verdict_;
  std::vector<std::string> missing;
  for (const auto& [name, golden] : open_) missing.push_back(name);
  if (!wrong_.empty()) {
    verdict.status = Verdict::Status::wrong;
    verdict.reason = "out of tolerance: " + joined(wrong_, kMostNames);
  } else if (!missing.empty()) {
    verdict.status = Verdict::Status::wrong;
    verdict.reason = "not compared: " + joined(missing, kMostNames);
  } else if (!given_up_.empty()) {
    verdict.status = Verdict::Status::unsupported;
    verdict.reason = given_up_;
  } else if (!unsupported_.empty()) {
    verdict.status = Verdict::Status::unsupported;
    verdict.reason = message("unsupported: ", joined(unsupported_), "; the rest agrees");
  } else if (verdict.checked == 0) {
    verdict.status = Verdict::Status::wrong;
    verdict.reason = "nothing to compare";
  }
  return verdict;
}

double norm_of(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += double(value) * value;
  return std::sqrt(sum);
}

}  // namespace graft::inline v0
