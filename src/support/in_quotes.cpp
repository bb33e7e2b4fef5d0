// SPDX-License-Identifier: Apache-2.0
#include "support/in_quotes.hpp"

#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kLongest = 80;
constexpr char32_t kReplacement = 0xFFFD;

bool is_control(char32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (size_t at = 0; at < text.size();) {
    const char32_t point = next_code_point(text, at);
    if (result.size() > kLongest) return result + "...\"";
    if (is_control(point) || point == kReplacement) {
      result += '?';
    } else {
      append_utf8(result, point);
    }
  }
  return result + "\"";
}

}  // namespace graft::inline v0
