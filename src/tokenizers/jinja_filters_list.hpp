// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "tokenizers/jinja_value.hpp"

namespace graft::inline v0::jinja {

// Nothing when there is no such filter of lists.
std::optional<Value> apply_list_filter(const std::string& name, const Value& subject, const Arguments& arguments);

}  // namespace graft::inline v0::jinja
