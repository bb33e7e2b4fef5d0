// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/trunk.hpp"

namespace graft::inline v0 {

struct MergedWeight {
  Weight* weight;
  Weight original;
};

// Makes the edits part of the weights; the originals are returned. Quantised matrices become bf16, or f32 when `exact`,
// as bf16 ones then do. Throws UnsupportedError for what cannot be merged: the table of an embedding that is the head,
// too.
std::vector<MergedWeight> merge(const Edits& edits, Trunk& trunk, bool exact);

}  // namespace graft::inline v0
