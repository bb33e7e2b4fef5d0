// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_passes.hpp"

#include <algorithm>

#include "generate/generator.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

Batch packed(std::span<const std::vector<int32_t>> sequences, std::span<const int64_t> types = {}) {
  Batch batch;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const size_t first = size_t(batch.rows());
    std::vector<int32_t> of;
    if (!types.empty()) of.assign(types.begin() + std::ptrdiff_t(first), types.begin() + std::ptrdiff_t(first + sequences[i].size()));
    batch.add(sequences[i], 0, int64_t(i), of);
  }
  return batch;
}

// Mean of the squares of the hidden states and the sum of the pooled vectors: the loss of a model without a head.
float features_loss(Run& run, const Tensor& hidden, const Tensor& pooled) {
  const auto record = [&](const Tensor& x, auto slope) {
    if (x && run.records({x}))
      run.tape->record({}, [](Tape&) {});
    (void)slope;
  };
  (void)record;
  double sum = 0;
  for (const float value : hidden.values()) sum += double(value) * value / double(hidden.size());
  if (pooled)
    for (const float value : pooled.values()) sum += value;
  return float(sum);
}

}  // namespace
