// SPDX-License-Identifier: Apache-2.0
//
// Comma-separated values (RFC 4180): quoted fields hold separators, line breaks and doubled quotes.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "support/mapped_file.hpp"

namespace graft::inline v0 {

inline constexpr size_t kMostCsvColumns = size_t{1} << 16;
inline constexpr size_t kMostCsvFieldBytes = size_t{1} << 24;

// Calls `visit` with the fields of each record, the first (a header, perhaps) too, and the line where it begins,
// from 1. The fields are lost with the next record. A byte order mark and empty lines are skipped; LF, CRLF and CR end
// lines; a quote inside a field that does not begin with one stands for itself.
//
// Throws FileError, "rows.csv:4: column 2: …", for a quote that never closes or is followed by text, for text that is
// not UTF-8, for a record with another number of fields than the first, and beyond the limits above; ArgumentError for
// a separator that is a quote or a line break.
void for_each_record(const MappedFile& file, char separator,
                     const std::function<void(std::span<const std::string> fields, size_t line)>& visit);

}  // namespace graft::inline v0
