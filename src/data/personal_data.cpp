// SPDX-License-Identifier: Apache-2.0
//
// Personal data in text: patterns find what looks like it, and check digits tell numbers from other numbers.
#include <algorithm>
#include <array>
#include <cctype>

#include "graft/cleaning.hpp"
#include "support/pattern.hpp"

namespace graft::inline v0 {
namespace {

std::string only(std::string_view text, int (*keeps)(int)) {
  std::string out;
  for (const char c : text)
    if (keeps(static_cast<unsigned char>(c))) out += c;
  return out;
}

// ISO/IEC 7812-1: every second digit from the right counts twice.
bool is_card(std::string_view text) {
  const std::string digits = only(text, std::isdigit);
  if (digits.size() < 13 || digits.size() > 19) return false;
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[digits.size() - 1 - i] - '0', twice = 2 * digit;
    sum += i % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 == 0 && digits.find_first_not_of(digits[0]) != digits.npos;
}

// GB 11643-1999: 17 digits with a date of birth, and a check character by ISO 7064 MOD 11-2.
bool is_chinese_identity(std::string_view text) {
  constexpr std::array kWeights = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  const auto number = [&](size_t at, size_t count) { return std::stoi(std::string(text.substr(at, count))); };
  const int month = number(10, 2), day = number(12, 2);
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  int sum = 0;
  for (size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * (text[i] - '0');
  return "10X98765432"[sum % 11] == std::toupper(static_cast<unsigned char>(text[17]));
}

// ISO 13616: the number with its first four characters behind the others is 1 modulo 97, letters as two digits.
bool is_iban(std::string_view text) {
  const std::string characters = only(text, std::isalnum);
  if (characters.size() < 15 || characters.size() > 34) return false;
  int rest = 0;
  for (size_t i = 0; i < characters.size(); ++i) {
    const char c = characters[(i + 4) % characters.size()];
    rest =
        std::isdigit(static_cast<unsigned char>(c)) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
  }
  return rest == 1;
}

bool is_any(std::string_view) { return true; }

struct Kind {
  const char* name;
  const char* pattern;
  bool (*is_one)(std::string_view);
};

// In this order: what one has masked, the next does not see. Telephone numbers are international ones, Chinese mobile
// and fixed ones, and those of North America in their usual spellings.
constexpr Kind kKinds[] = {
    {"email", R"([A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,})", is_any},
    {"iban", R"((?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9]))", is_iban},
    {"identity", R"((?<![A-Za-z0-9])[1-9]\d{5}(?:18|19|20)\d{2}\d{4}\d{3}[0-9Xx](?![A-Za-z0-9]))", is_chinese_identity},
    {"card", R"((?<![A-Za-z0-9])\d(?:[ \-]?\d){12,18}(?![A-Za-z0-9]))", is_card},
    {"ssn", R"((?<![A-Za-z0-9\-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![A-Za-z0-9\-]))", is_any},
    {"phone",
     R"((?<![A-Za-z0-9])(?:\+\d{1,3}(?:[ .\-]?\(?\d{1,5}\)?){2,5}|1[3-9]\d{9}|0\d{2,3}-\d{7,8}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}[\-.]\d{3}[\-.]\d{4})(?![A-Za-z0-9]))",
     is_any},
};

}  // namespace

std::string mask_personal_data(std::string_view text, std::map<std::string, size_t>* masked) {
  static const std::vector<Pattern> patterns = [] {
    std::vector<Pattern> made;
    for (const Kind& kind : kKinds) made.emplace_back(kind.pattern, std::string("personal data: ") + kind.name);
    return made;
  }();
  std::string current(text);
  for (size_t i = 0; i < std::size(kKinds); ++i) {
    std::string next;
    size_t taken = 0;
    patterns[i].for_each_match(current, [&](std::string_view match) {
      if (!kKinds[i].is_one(match)) return;
      const auto at = size_t(match.data() - current.data());
      next.append(current, taken, at - taken).append("<").append(kKinds[i].name).append(">");
      taken = at + match.size();
      if (masked) ++(*masked)[kKinds[i].name];
    });
    next.append(current, taken);
    current = std::move(next);
  }
  return current;
}

}  // namespace graft::inline v0
