// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic on numbers that came from a file: nullopt where the result does not fit.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace graft::inline v0 {

inline std::optional<uint64_t> checked_product(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  if (!a || !b || (*b != 0 && *a > std::numeric_limits<uint64_t>::max() / *b)) return std::nullopt;
  return *a * *b;
}

inline std::optional<uint64_t> checked_sum(std::optional<uint64_t> a, std::optional<uint64_t> b) {
  if (!a || !b || *a > std::numeric_limits<uint64_t>::max() - *b) return std::nullopt;
  return *a + *b;
}

}  // namespace graft::inline v0
