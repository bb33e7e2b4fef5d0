// SPDX-License-Identifier: Apache-2.0
//
// The log-probability of a target under softmax, and its gradient in the place of the logits; with smoothed labels
// (Szegedy et al. 2016) that of a mixture of the target and all columns alike.
#include <math.h>

#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

float row_maximum(const float* logits, int cols) {
  const Vec lowest = splat(-__builtin_inff());
  Vec top[4] = {lowest, lowest, lowest, lowest};
  int i = 0;
  for (; i + 4 * kLanes <= cols; i += 4 * kLanes)
    for (int j = 0; j < 4; ++j) top[j] = vmax(top[j], load(logits + i + j * kLanes));
  float maximum = largest(vmax(vmax(top[0], top[1]), vmax(top[2], top[3])));
  for (; i < cols; ++i) maximum = max(maximum, logits[i]);
  return maximum;
}

// Σ exp(logits - maximum); the exponentials replace the logits when `keep`.
template <bool keep>
float sum_exponentials(float* logits, int cols, float maximum) {
  Vec total = {};
  float rest = 0;
  for_vectors(cols, [&](int64_t i, int lanes) {
    const Vec e = exp(load(logits + i, lanes) - maximum);
    if (keep) store(logits + i, e, lanes);
    if (lanes == kLanes)
      total += e;
    else
      for (int j = 0; j < lanes; ++j) rest += e[j];
  });
  return sum(total) + rest;
}

// The mean of logits - maximum.
float row_mean(const float* logits, int cols, float maximum) {
  Vec total = {};
  float rest = 0;
  int i = 0;
  for (; i + kLanes <= cols; i += kLanes) total += load(logits + i) - maximum;
  for (; i < cols; ++i) rest += logits[i] - maximum;
  return (sum(total) + rest) / static_cast<float>(cols);
}

float row_log_probability(float* logits, int32_t target, const float* weight, int cols, float smoothing) {
  if (target < 0) {
    if (weight) memset(logits, 0, static_cast<size_t>(cols) * sizeof(float));
    return 0;
  }
  const float maximum = row_maximum(logits, cols), chosen = logits[target] - maximum;
  const float mean = smoothing > 0 ? row_mean(logits, cols, maximum) : 0;
  const float total =
      weight ? sum_exponentials<true>(logits, cols, maximum) : sum_exponentials<false>(logits, cols, maximum);
  if (weight) {
    const float scale = *weight / total, share = *weight * smoothing / static_cast<float>(cols);
    for_vectors(cols, [&](int64_t i, int lanes) { store(logits + i, load(logits + i, lanes) * scale - share, lanes); });
    logits[target] -= *weight * (1 - smoothing);
  }
  return (1 - smoothing) * chosen + smoothing * mean - logf(total);
}

}  // namespace

void cross_entropy(const Stream& stream, float* logits, const int32_t* targets, const float* weights, int rows,
                   int cols, float smoothing, float* log_probability) {
  parallel_ranges(stream, rows, 4 * static_cast<int64_t>(cols), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      log_probability[row] =
          row_log_probability(logits + row * cols, targets[row], weights ? weights + row : nullptr, cols, smoothing);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
