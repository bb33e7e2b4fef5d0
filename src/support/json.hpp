// SPDX-License-Identifier: Apache-2.0
//
// JSON as the library reads it, and a view of an object whose errors name the file and the field.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_value.hpp"

namespace graft::inline v0 {

// Parses one JSON text. Arrays and objects may be nested 200 deep; of equal keys the last wins; a byte order mark is
// skipped; Infinity, -Infinity and NaN, which Python writes, read as null. Throws FileError with `name`, line (of
// several), column and reason, also for invalid UTF-8 and for numbers beyond a double.
Json parse_json(std::string_view text, std::string_view name);

Json read_json(const std::filesystem::path& path);

// The fields of an object, checked as they are read. A field that is null counts as absent. Refers to the JSON that it
// was made from. Every call throws FileError, e.g.: config.json: "hidden_size" is -4, expected 1 to 1048576
class JsonObject {
 public:
  // `where` begins every message: the file's name, perhaps with a line. Refuses what is no object.
  JsonObject(const Json& json, std::string where);

  const Json& json() const { return *json_; }
  const std::string& where() const { return where_; }
  const Json* find(std::string_view name) const;  // null when absent
  bool has(std::string_view name) const { return find(name) != nullptr; }

  double number(std::string_view name) const;
  double number_or(std::string_view name, double fallback) const;
  // Takes 8.0 for 8, as some writers have it.
  int64_t integer(std::string_view name, int64_t min, int64_t max) const;
  int64_t integer_or(std::string_view name, int64_t fallback, int64_t min, int64_t max) const;
  bool flag(std::string_view name) const;
  bool flag_or(std::string_view name, bool fallback) const;
  std::string text(std::string_view name) const;
  std::string text_or(std::string_view name, std::string fallback) const;
  std::vector<std::string> texts(std::string_view name) const;
  JsonObject object(std::string_view name) const;

  // Throws: NAME is VALUE, expected EXPECTED.
  [[noreturn]] void refuse(std::string_view name, std::string_view expected) const;

 private:
  JsonObject(const Json& json, std::string where, std::string path);
  const Json& require(std::string_view name) const;
  std::string label(std::string_view name) const;

  const Json* json_;
  std::string where_;
  std::string path_;  // "rope_scaling." inside that object
};

}  // namespace graft::inline v0
