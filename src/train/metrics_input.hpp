// SPDX-License-Identifier: Apache-2.0
//
// What every metric demands of its spans.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "support/message.hpp"

namespace graft::inline v0 {

inline void check_rows(const char* metric, size_t targets, size_t found) {
  check(targets > 0, metric, ": there are no rows");
  check(targets == found, metric, ": found ", found, " values, expected ", targets);
}

inline void check_targets(const char* metric, std::span<const int32_t> targets, int classes) {
  for (size_t i = 0; i < targets.size(); ++i)
    check(targets[i] >= 0 && targets[i] < classes, metric, ": target ", i, " is ", targets[i], ", expected 0 to ",
          classes - 1);
}

inline void check_probabilities(const char* metric, std::span<const int32_t> targets,
                                std::span<const float> probabilities, int classes) {
  check(classes >= 1, metric, ": ", classes, " classes, expected at least 1");
  check_rows(metric, targets.size() * size_t(classes), probabilities.size());
  check_targets(metric, targets, classes == 1 ? 2 : classes);
  for (const float p : probabilities) check(p >= 0 && p <= 1, metric, ": a probability is ", p, ", expected 0 to 1");
}

}  // namespace graft::inline v0
