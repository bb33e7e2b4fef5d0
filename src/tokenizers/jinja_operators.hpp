// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tokenizers/jinja_value.hpp"

namespace graft::inline v0::jinja {

// + - * / // % ** ~ == != < <= > >= in, and not in. ArgumentError: the values do not fit the operator.
Value apply_operator(const std::string& name, const Value& a, const Value& b);
Value negative(const Value& value);

// value.name and value[key]: undefined where there is no such thing, an error where value itself is undefined.
Value attribute_of(const Value& value, const std::string& name);
Value item_of(const Value& value, const Value& key);
// value[from:to:step] of a list or a text; undefined or none bounds are left out.
Value slice_of(const Value& value, const Value& from, const Value& to, const Value& step);

}  // namespace graft::inline v0::jinja
