// SPDX-License-Identifier: Apache-2.0
#include "formats/csv.hpp"

#include <algorithm>
#include <vector>

#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_line_end(char byte) { return byte == '\n' || byte == '\r'; }

class Scanner {
 public:
  Scanner(const MappedFile& file, char separator) : name_(file.name()), text_(file.text()), separator_(separator) {
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  size_t line() const { return line_; }

  // Moves to the next record; false at the end.
  bool find_record() {
    while (at_ < text_.size() && is_line_end(text_[at_])) skip_line_end();
    return at_ < text_.size();
  }

  // The fields of the record, into the strings of the last one as far as they reach.
  void read_record(std::vector<std::string>& fields) {
    size_t count = 0;
    do {
      check<FileError>(count < kMostCsvColumns, name_, ":", line_, ": more than ", kMostCsvColumns,
                       " fields, the most that are read");
      if (count == fields.size()) fields.emplace_back();
      read_field(fields[count], count + 1);
      ++count;
    } while (skip_separator());
    if (at_ < text_.size()) skip_line_end();
    fields.resize(count);
  }

 private:
  void read_field(std::string& field, size_t column) {
    field.clear();
    const size_t line = line_;
    if (at_ < text_.size() && text_[at_] == '"')
      read_quoted(field, column);
    else
      append(field, plain_end(), line, column);
    check<FileError>(is_valid_utf8(field), name_, ":", line, ": column ", column, ": not valid UTF-8");
  }

  void read_quoted(std::string& field, size_t column) {
    const size_t opened = line_;
    bool is_open = true;
    ++at_;
    while (is_open) {
      const size_t end = text_.find('"', at_);
      check<FileError>(end != text_.npos, name_, ":", opened, ": column ", column,
                       ": the quote that opens here never closes");
      append(field, end, opened, column);
      ++at_;
      is_open = at_ < text_.size() && text_[at_] == '"';
      if (is_open) field += text_[at_++];
    }
    check<FileError>(at_ == text_.size() || text_[at_] == separator_ || is_line_end(text_[at_]), name_, ":", line_,
                     ": column ", column, ": text follows the closing quote, expected a separator or the line's end");
  }

  size_t plain_end() const {
    size_t end = at_;
    while (end < text_.size() && text_[end] != separator_ && !is_line_end(text_[end])) ++end;
    return end;
  }

  void append(std::string& field, size_t end, size_t line, size_t column) {
    const std::string_view part = text_.substr(at_, end - at_);
    check<FileError>(field.size() + part.size() <= kMostCsvFieldBytes, name_, ":", line, ": column ", column,
                     ": a field of more than ", kMostCsvFieldBytes, " bytes, the most that are read");
    field += part;
    line_ += size_t(std::count(part.begin(), part.end(), '\n'));
    at_ = end;
  }

  bool skip_separator() {
    const bool is_there = at_ < text_.size() && text_[at_] == separator_;
    at_ += is_there;
    return is_there;
  }

  void skip_line_end() {
    at_ += text_.substr(at_).starts_with("\r\n") ? 2 : 1;
    ++line_;
  }

  const std::string& name_;
  std::string_view text_;
  char separator_;
  size_t at_ = 0, line_ = 1;
};

}  // namespace

void for_each_record(const MappedFile& file, char separator,
                     const std::function<void(std::span<const std::string> fields, size_t line)>& visit) {
  check(separator != '"' && !is_line_end(separator), "csv: the separator is a quote or a line break");
  Scanner scanner(file, separator);
  std::vector<std::string> fields;
  size_t first_line = 0, columns = 0;
  while (scanner.find_record()) {
    const size_t line = scanner.line();
    scanner.read_record(fields);
    if (first_line == 0) first_line = line, columns = fields.size();
    check<FileError>(fields.size() == columns, file.name(), ":", line, ": ", fields.size(), " fields, expected ",
                     columns, " as in line ", first_line);
    visit(fields, line);
  }
}

}  // namespace graft::inline v0
