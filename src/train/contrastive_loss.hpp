// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "train/task_loss.hpp"

namespace graft::inline v0 {

// The loss of pairs of texts, sequences 2i and 2i + 1 of the batch; see ContrastiveOptions.
Tensor contrastive_loss(Run& run, const Tensor& hidden, const Labels& labels);

}  // namespace graft::inline v0
