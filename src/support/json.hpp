// SPDX-License-Identifier: Apache-2.0
//
// JSON as the files of checkpoints hold it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

// A guest never aborts: a failed assertion of the JSON library throws.
#ifndef JSON_ASSERT
#define JSON_ASSERT(claim) ((claim) ? (void)0 : throw std::logic_error("json: " #claim))
#endif
#include <nlohmann/json.hpp>

namespace graft::inline v0 {

using Json = nlohmann::json;

// The value that `text` holds. FileError names the file and the position where the text is no JSON, or is nested more
// than 200 levels deep.
Json parse_json(std::string_view text, const std::string& file_name);

}  // namespace graft::v0
