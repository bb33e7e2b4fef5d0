// SPDX-License-Identifier: Apache-2.0
#include "formats/jsonl.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

Json parse_line(std::string_view line, const std::string& where, bool is_cut) {
  try {
    return parse_json(line, where);
  } catch (const FileError& error) {
    if (is_cut) fail<FileError>(error.what(), "; the file ends in this line, it may have been cut");
    throw;
  }
}

}  // namespace

LineReader::LineReader(std::string_view text) : rest_(text) {
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

bool LineReader::next(std::string_view& line) {
  if (rest_.empty()) return false;
  const size_t end = rest_.find('\n');
  line = rest_.substr(0, end);
  rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++number_;
  return true;
}

bool RowReader::next(const std::function<void(const JsonObject&, size_t)>& visit) {
  std::string_view line;
  do {
    if (!lines_.next(line)) return false;
  } while (is_blank(line));
  const std::string where = message(file_->name(), ":", lines_.number());
  const std::string_view text = file_->text();
  const bool is_unfinished = line.data() + line.size() == text.data() + text.size();
  const Json json = parse_line(line, where, is_unfinished);
  visit(JsonObject(json, where), lines_.number());
  return true;
}

void for_each_line(std::string_view text, const std::function<void(std::string_view, size_t)>& visit) {
  LineReader lines(text);
  for (std::string_view line; lines.next(line);) visit(line, lines.number());
}

void for_each_row(const MappedFile& file, const std::function<void(const JsonObject&, size_t)>& visit) {
  RowReader rows(file);
  while (rows.next(visit)) continue;
}

}  // namespace graft::inline v0
