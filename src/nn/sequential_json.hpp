// SPDX-License-Identifier: Apache-2.0
//
// A sequential network as it stands in a file: {"features": 20, "layers": [{"kind": "dense", "units": 64, …}, …]}.
#pragma once

#include "nn/sequential.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

Json sequential_json(const SequentialConfig& config);
// Throws FileError that names the layer and the field.
SequentialConfig read_sequential(const JsonObject& json);

}  // namespace graft::inline v0
