// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace graft::inline v0::jinja {

// A literal between its quotes with Python's escapes undone; unknown ones stay as they are.
std::string undo_escapes(std::string_view literal);

}  // namespace graft::inline v0::jinja
