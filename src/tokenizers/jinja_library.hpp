// SPDX-License-Identifier: Apache-2.0
//
// What a template may call: filters, tests, methods and global functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tokenizers/jinja_value.hpp"

namespace graft::inline v0::jinja {

// UnsupportedError: there is no such filter, test or method. ArgumentError: the values do not fit it.
Value apply_filter(const std::string& name, const Value& subject, const Arguments& arguments);
bool apply_test(const std::string& name, const Value& subject, const Arguments& arguments);
Value call_method(const Value& object, const std::string& name, const Arguments& arguments);

// value.a.b for "a.b"; digits are places of a list.
Value path_of(Value value, const std::string& path);

// raise_exception, range, namespace and dict; strftime_now tells `now`, a moment as "2026-03-04T05:06:07".
std::vector<std::pair<std::string, Value>> global_functions(const std::string& now);

}  // namespace graft::inline v0::jinja
