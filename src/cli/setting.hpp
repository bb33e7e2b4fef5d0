// SPDX-License-Identifier: Apache-2.0
//
// An option that has a name and is set by a text.
#pragma once

#include <charconv>
#include <filesystem>
#include <functional>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "support/message.hpp"

namespace graft::inline v0 {

struct Setting {
  std::string name;
  std::function<void(const std::string&)> set;
  std::function<std::string()> get;
};

[[noreturn]] inline void refuse(const std::string& name, const std::string& text, const char* expected) {
  fail<ArgumentError>("option ", name, ": found \"", text, "\", expected ", expected);
}

template <class Number>
inline Setting number(const std::string& name, Number& value) {
  return {name,
          [name, &value](const std::string& text) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc() || end != text.data() + text.size()) refuse(name, text, "a number");
          },
          [&value] { return message(value); }};
}

inline Setting flag(const std::string& name, bool& value) {
  return {name,
          [name, &value](const std::string& text) {
            if (text != "true" && text != "false") refuse(name, text, "true or false");
            value = text == "true";
          },
          [&value] { return std::string(value ? "true" : "false"); }};
}

inline Setting text(const std::string& name, std::string& value) {
  return {name, [&value](const std::string& text) { value = text; }, [&value] { return value; }};
}

inline Setting path(const std::string& name, std::filesystem::path& value) {
  return {name, [&value](const std::string& text) { value = text; }, [&value] { return value.string(); }};
}

inline Setting list(const std::string& name, std::vector<std::string>& value) {
  return {name,
          [&value](const std::string& text) {
            value.clear();
            std::istringstream parts(text);
            for (std::string part; std::getline(parts, part, ',');) value.push_back(part);
          },
          [&value] {
            std::string text;
            for (const std::string& part : value) text += (text.empty() ? "" : ",") + part;
            return text;
          }};
}

template <class Choice>
inline Setting choice(const std::string& name, Choice& value, std::span<const char* const> names) {
  return {name,
          [name, &value, names](const std::string& text) {
            std::string known;
            for (size_t i = 0; i < names.size(); ++i) {
              if (text == names[i]) return void(value = Choice(i));
              known += (i ? ", " : "") + std::string(names[i]);
            }
            refuse(name, text, known.c_str());
          },
          [&value, names] { return std::string(names[size_t(value)]); }};
}

}  // namespace graft::inline v0
