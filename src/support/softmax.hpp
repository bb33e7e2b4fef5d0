// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace graft::inline v0 {

// In place: exp(x) over the sum of all exp(x).
inline void softmax(std::span<float> scores) {
  const float largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (float& score : scores) sum += score = std::exp(score - largest);
  for (float& score : scores) score = float(score / sum);
}

}  // namespace graft::inline v0
