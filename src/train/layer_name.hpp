// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace graft::inline v0 {

// The number behind a marker ("blocks.", "experts.") in a module's name, and what stands around it.
struct Numbered {
  std::string before, after;
  int number = 0;
};
std::optional<Numbered> numbered(const std::string& module, const std::string& marker);

}  // namespace graft::inline v0
