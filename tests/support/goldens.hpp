// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "formats/goldens.hpp"

namespace graft {

// The path of committed test data: "losses" is tests/golden/losses.
std::filesystem::path golden_path(const std::string& name);

// The reference tensors there.
Goldens load_golden(const std::string& name);

// The largest absolute difference; infinite when the lengths differ or one side alone is not finite or not a number.
double largest_difference(std::span<const float> a, std::span<const float> b);

}  // namespace graft
