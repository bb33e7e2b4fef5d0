// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "support/json.hpp"
#include "support/mapped_file.hpp"

namespace graft::inline v0 {

// Calls `visit` with each line, counted from 1, without its LF or CRLF; a byte order mark is skipped.
void for_each_line(std::string_view text, const std::function<void(std::string_view line, size_t number)>& visit);

// Calls `visit` with the object of each line that is not blank, and the line's number. The object and all errors carry
// the place: FileError "rows.jsonl:3: column 9 (byte 9): not valid JSON: …". A broken last line without a line end is
// reported as cut.
void for_each_row(const MappedFile& file, const std::function<void(const JsonObject& row, size_t line)>& visit);

}  // namespace graft::inline v0
