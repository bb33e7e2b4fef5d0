// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

namespace graft::inline v0 {

// Finds the position of a name in a table by bisection: no hashing that a hostile file could aim at. The names must
// stay where they are.
class NameIndex {
 public:
  NameIndex() = default;
  explicit NameIndex(std::vector<std::string_view> names) : names_(std::move(names)), order_(names_.size()) {
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](size_t a, size_t b) { return names_[a] < names_[b]; });
  }

  std::optional<size_t> find(std::string_view name) const {
    const auto at = std::lower_bound(order_.begin(), order_.end(), name,
                                     [&](size_t position, std::string_view key) { return names_[position] < key; });
    if (at == order_.end() || names_[*at] != name) return std::nullopt;
    return *at;
  }

  // A name that stands in the table twice.
  std::optional<std::string_view> duplicate() const {
    const auto at =
        std::adjacent_find(order_.begin(), order_.end(), [&](size_t a, size_t b) { return names_[a] == names_[b]; });
    if (at == order_.end()) return std::nullopt;
    return names_[*at];
  }

 private:
  std::vector<std::string_view> names_;
  std::vector<size_t> order_;
};

}  // namespace graft::inline v0
