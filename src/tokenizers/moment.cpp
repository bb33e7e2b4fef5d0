// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/moment.hpp"

#include <cstdio>

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                   "July",    "August",   "September", "October", "November", "December"};

std::string padded(int number, int width, char fill = '0') {
  const std::string digits = std::to_string(number);
  const size_t missing = digits.size() < static_cast<size_t>(width) ? static_cast<size_t>(width) - digits.size() : 0;
  return std::string(missing, fill) + digits;
}

std::string field(const std::tm& moment, char letter, bool bare) {
  const auto two = [&](int number) { return padded(number, bare ? 1 : 2); };
  switch (letter) {
    case 'a':
      return std::string(kDays[moment.tm_wday]).substr(0, 3);
    case 'A':
      return kDays[moment.tm_wday];
    case 'b':
      return std::string(kMonths[moment.tm_mon]).substr(0, 3);
    case 'B':
      return kMonths[moment.tm_mon];
    case 'd':
      return two(moment.tm_mday);
    case 'e':
      return padded(moment.tm_mday, 2, ' ');
    case 'F':
      return padded(moment.tm_year + 1900, 4) + '-' + padded(moment.tm_mon + 1, 2) + '-' + padded(moment.tm_mday, 2);
    case 'H':
      return two(moment.tm_hour);
    case 'I':
      return two((moment.tm_hour + 11) % 12 + 1);
    case 'j':
      return padded(moment.tm_yday + 1, bare ? 1 : 3);
    case 'm':
      return two(moment.tm_mon + 1);
    case 'M':
      return two(moment.tm_min);
    case 'p':
      return moment.tm_hour < 12 ? "AM" : "PM";
    case 'S':
      return two(moment.tm_sec);
    case 'T':
      return padded(moment.tm_hour, 2) + ':' + padded(moment.tm_min, 2) + ':' + padded(moment.tm_sec, 2);
    case 'y':
      return two(moment.tm_year % 100);
    case 'Y':
      return std::to_string(moment.tm_year + 1900);
    case '%':
      return "%";
    default:
      return std::string("%") + letter;
  }
}

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int day_of_year(int year, int month, int day) {
  constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  return kBefore[month - 1] + day - 1 + (month > 2 && is_leap(year));
}

}  // namespace

std::tm current_moment() {
  const std::time_t now = std::time(nullptr);
  std::tm moment{};
  localtime_r(&now, &moment);
  return moment;
}

std::tm parse_moment(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second);
  const bool sound = (read == 3 || read == 6) && year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
                     hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
  check(sound, "now: found ", in_quotes(text), ", expected a moment such as 2026-03-04T05:06:07");
  std::tm moment{};
  moment.tm_year = year - 1900;
  moment.tm_mon = month - 1;
  moment.tm_mday = day;
  moment.tm_hour = hour;
  moment.tm_min = minute;
  moment.tm_sec = second;
  moment.tm_yday = day_of_year(year, month, day);
  const int before = year - 1;  // whole years since the first of January of year 1, a Monday
  moment.tm_wday = (1 + before * 365 + before / 4 - before / 100 + before / 400 + moment.tm_yday) % 7;
  return moment;
}

std::string format_moment(const std::tm& moment, std::string_view format) {
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text += format[i];
      continue;
    }
    const bool bare = format[i + 1] == '-' && i + 2 < format.size();
    i += bare ? 2 : 1;
    text += field(moment, format[i], bare);
  }
  return text;
}

}  // namespace graft::inline v0
