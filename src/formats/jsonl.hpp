// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "support/json.hpp"
#include "support/mapped_file.hpp"

namespace graft::inline v0 {

// Calls `visit` with each line, counted from 1, without its LF or CRLF; a byte order mark is skipped.
void for_each_line(std::string_view text, const std::function<void(std::string_view line, size_t number)>& visit);

// The lines of a text, counted from 1, without their LF or CRLF; a byte order mark is skipped.
class LineReader {
 public:
  explicit LineReader(std::string_view text);
  // The next line; false: there is none.
  bool next(std::string_view& line);
  size_t number() const { return number_; }  // of the last line

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

// The objects of a JSONL file, one at a time.
class RowReader {
 public:
  // The file must outlive the object.
  explicit RowReader(const MappedFile& file) : file_(&file), lines_(file.text()) {}
  // Calls `visit` as for_each_row does, with the next row; false: there is none.
  bool next(const std::function<void(const JsonObject& row, size_t line)>& visit);

 private:
  const MappedFile* file_;
  LineReader lines_;
};

// Calls `visit` with the object of each line that is not blank, and the line's number. The object and all errors carry
// the place: FileError "rows.jsonl:3: column 9 (byte 9): not valid JSON: …". A broken last line without a line end is
// reported as cut.
void for_each_row(const MappedFile& file, const std::function<void(const JsonObject& row, size_t line)>& visit);

}  // namespace graft::inline v0
