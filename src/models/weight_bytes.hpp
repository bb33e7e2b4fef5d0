// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "formats/byte_source.hpp"
#include "tensor/dtype.hpp"
#include "tensor/weight.hpp"

namespace graft::inline v0 {

// The values of a weight as a file has them, made a few rows at a time. `head_rows` (empty: as they are) names, for
// each row of a head in the file, the checkpoint's row. Lane and weight must outlive the source.
ByteSource weight_bytes(const Lane& lane, const Weight& weight, Dtype type, std::vector<int> head_rows = {});

}  // namespace graft::inline v0
