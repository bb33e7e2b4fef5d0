// SPDX-License-Identifier: Apache-2.0
#include "train/contrastive_loss.hpp"

#include <numeric>

#include "ops/losses.hpp"

namespace graft::inline v0 {
namespace {

// Of each pair (weight · (cos - value)²).
Tensor cosine_error(Run& run, const Tensor& a, const Tensor& b, const Labels& labels) {
  const size_t pairs = labels.values.size();
  std::vector<float> targets(pairs * pairs), weights(pairs * pairs);
  for (size_t i = 0; i < pairs; ++i) {
    targets[i * pairs + i] = labels.values[i];
    weights[i * pairs + i] = labels.weights[i];
  }
  return squared_error(run, similarities(run, normalized(run, a), normalized(run, b)), targets, weights);
}

}  // namespace

Tensor contrastive_loss(Run& run, const Tensor& hidden, const Labels& labels) {
  const Tensor embedded = pooled(run, hidden, labels.embedding);
  const size_t pairs = labels.weights.size();
  const auto half = [&](int first) {
    std::vector<int32_t> rows(pairs);
    for (size_t i = 0; i < pairs; ++i) rows[i] = int32_t(2 * i) + first;
    return gather_rows(run, embedded, rows);
  };
  const Tensor a = half(0), b = half(1);
  if (!labels.values.empty()) return cosine_error(run, a, b, labels);
  const float share = std::accumulate(labels.weights.begin(), labels.weights.end(), 0.0f);  // of the step's pairs
  return scaled(run, contrastive(run, a, b, labels.temperature), share);
}

}  // namespace graft::inline v0
