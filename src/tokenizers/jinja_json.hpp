// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tokenizers/jinja_value.hpp"

namespace graft::inline v0::jinja {

// The value of a JSON text, with the order of its keys; all its texts are foreign. `name` begins error messages
// (ArgumentError).
Value from_json(std::string_view json, const std::string& name);

// A field of a map as JSON, with the order of its keys; empty when there is none.
std::string field_text(const Value& map, std::string_view name);

struct JsonStyle {
  int indent = -1;  // spaces a level; below 0: all on one line
  bool sort_keys = false;
  bool only_ascii = false;
  Text item_separator = ", ";
  Text key_separator = ": ";
};
// As json.dumps() of Python writes it.
Text to_json(const Value& value, const JsonStyle& style);

}  // namespace graft::inline v0::jinja
