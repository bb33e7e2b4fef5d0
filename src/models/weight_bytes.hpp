// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "formats/byte_source.hpp"
#include "tensor/dtype.hpp"
#include "tensor/weight.hpp"

namespace graft::inline v0 {

// How a file has the values of a weight.
struct FileLayout {
  std::vector<int> head_rows = {};  // for each row of a head in the file, the network's row; empty: as they are
  bool transposed = false;          // inputs × outputs
  float offset = 0;                 // added to each value
};

// The values of a weight as a file has them, made a few rows at a time, but for a transposed one. Lane and weight must
// outlive the source.
ByteSource weight_bytes(const Lane& lane, const Weight& weight, Dtype type, FileLayout layout = {});

}  // namespace graft::inline v0
