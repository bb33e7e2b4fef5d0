// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graft/dataset.hpp"
#include "support/json.hpp"

namespace graft::inline v0 {

// An example of any form, told by the row's fields.
Example read_example(const JsonObject& row);

}  // namespace graft::inline v0
