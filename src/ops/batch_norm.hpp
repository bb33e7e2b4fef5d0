// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/ops.hpp"

namespace graft::inline v0 {

// What a batch norm has learned of its columns. A training pass with a tape writes to both vectors.
struct RunningMoments {
  const Weight* mean = nullptr;
  const Weight* variance = nullptr;  // of the batches as samples: over rows - 1
  float momentum = 0.1f;             // the share of a new batch
};

// (x - mean) / sqrt(variance + epsilon) * gain + bias by columns (Ioffe & Szegedy 2015), with the moments of x while
// training, which takes at least two rows, and the running ones otherwise.
Tensor batch_norm(Run& run, const Tensor& x, const Weight& gain, const Weight& bias, const RunningMoments& moments,
                  float epsilon);

}  // namespace graft::inline v0
