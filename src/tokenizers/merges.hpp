// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tokenizers/merge_table.hpp"
#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

// The two sides of "left right". `where` (file and field) and `place` are for error messages.
std::pair<std::string, std::string> split_merge(std::string_view line, size_t place, const std::string& where);

// The ids of a merge. FileError: a side or the result is no token.
Merge find_merge(const Vocabulary& vocabulary, const std::string& left, const std::string& right, size_t place,
                 const std::string& where);

}  // namespace graft::inline v0
