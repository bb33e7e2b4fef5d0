// SPDX-License-Identifier: Apache-2.0
//
// The parser of nlohmann-json, which calls a handler for what it reads. Its values are not for us: their destructor
// allocates. Costly to compile: for the files that parse.
#pragma once

#include <stdexcept>

namespace graft::inline v0 {

// A guest never aborts: a failed assertion of the JSON library throws.
inline void json_assert(bool claim, const char* text) {
  if (!claim) throw std::logic_error(text);
}

}  // namespace graft::inline v0

#define JSON_ASSERT(claim) ::graft::json_assert(static_cast<bool>(claim), "json: " #claim)
#include <nlohmann/json.hpp>
