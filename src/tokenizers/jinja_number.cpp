// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_number.hpp"

#include <charconv>
#include <cmath>

namespace graft::inline v0::jinja {

std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  constexpr double kLeastPlain = 1e-4, kMostPlain = 1e16;
  const double size = std::fabs(number);
  const bool plain = size == 0 || (size >= kLeastPlain && size < kMostPlain);
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(buffer, end);
  if (plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

}  // namespace graft::inline v0::jinja
