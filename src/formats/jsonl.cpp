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

void for_each_line(std::string_view text, const std::function<void(std::string_view, size_t)>& visit) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    visit(line, number);
  }
}

void for_each_row(const MappedFile& file, const std::function<void(const JsonObject&, size_t)>& visit) {
  const std::string_view text = file.text();
  for_each_line(text, [&](std::string_view line, size_t number) {
    if (is_blank(line)) return;
    const std::string where = message(file.name(), ":", number);
    const bool is_unfinished = line.data() + line.size() == text.data() + text.size();
    const Json json = parse_line(line, where, is_unfinished);
    visit(JsonObject(json, where), number);
  });
}

}  // namespace graft::inline v0
