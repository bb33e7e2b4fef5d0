// SPDX-License-Identifier: Apache-2.0
#include "data/repair_text.hpp"

#include <algorithm>
#include <iterator>

#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

// Code points of the bytes 0x80 to 0x9F in Windows-1252 (the Unicode consortium's CP1252.TXT); unused bytes stand for
// themselves, as programs read them.
constexpr char32_t kWindows1252[] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                     0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

// The byte from 0x80 on that a Windows-1252 reader shows as this character; 0: none.
unsigned char byte_of(char32_t point) {
  if (point >= 0x80 && point <= 0xFF) return static_cast<unsigned char>(point);
  const auto found = std::find(std::begin(kWindows1252), std::end(kWindows1252), point);
  return found == std::end(kWindows1252) ? 0 : static_cast<unsigned char>(0x80 + (found - kWindows1252));
}

// Runs of such characters whose bytes are UTF-8 become what these bytes say.
std::string reread(std::string_view text) {
  std::string out, bytes;
  size_t run = 0;
  const auto end_run = [&](size_t at) {
    if (!bytes.empty()) out += is_valid_utf8(bytes) ? std::string_view(bytes) : text.substr(run, at - run);
    bytes.clear();
  };
  for (size_t at = 0; at < text.size();) {
    const size_t first = at;
    const unsigned char byte = byte_of(next_code_point(text, at));
    if (byte) {
      if (bytes.empty()) run = first;
      bytes += char(byte);
      continue;
    }
    end_run(first);
    out += text.substr(first, at - first);
  }
  end_run(text.size());
  return out;
}

bool is_removed(char32_t point) {
  return (point < 0x20 && point != '\t' && point != '\n') || (point >= 0x7F && point < 0xA0) || point == 0xFEFF;
}

void trim_spaces(std::string& text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
}

}  // namespace

std::string repaired_text(std::string_view text) {
  const std::string read = reread(text);
  std::string out;
  for (size_t at = 0; at < read.size();) {
    const size_t first = at;
    const char32_t point = next_code_point(read, at);
    if (point == '\n') trim_spaces(out);
    const bool ends_line = point == '\r' && (at == read.size() || read[at] != '\n');
    if (ends_line)
      out += '\n';
    else if (!is_removed(point))
      out += read.substr(first, at - first);
  }
  trim_spaces(out);
  return out;
}

}  // namespace graft::inline v0
