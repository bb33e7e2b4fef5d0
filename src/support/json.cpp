// SPDX-License-Identifier: Apache-2.0
#include "support/json.hpp"

#include <algorithm>
#include <array>

#include "support/in_quotes.hpp"
#include "support/json_sax.hpp"
#include "support/mapped_file.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kDeepest = 200;

// Builds the value from the parser's events, so that depth and errors are ours. The parser keeps no stack of calls.
class Builder {
 public:
  Builder(std::string_view text, std::string_view name) : text_(text), name_(name) {}
  Json result() { return std::move(root_); }

  bool null() { return place(nullptr); }
  bool boolean(bool value) { return place(value); }
  bool number_integer(int64_t value) { return place(value); }
  bool number_unsigned(uint64_t value) { return place(value); }
  bool number_float(double value, const std::string&) { return place(value); }
  bool string(std::string& value) { return place(std::move(value)); }
  bool binary(std::vector<uint8_t>&) { return false; }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    field_ = &open_.back()->set(std::move(name), nullptr);
    return true;
  }
  bool parse_error(size_t byte, const std::string&, const nlohmann::detail::exception& error) {
    const std::string_view before = text_.substr(0, byte > 0 ? byte - 1 : 0);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t column = before.size() - (before.rfind('\n') + 1) + 1;
    const bool has_lines = text_.find('\n') != text_.npos;
    fail<FileError>(name_, ": ", has_lines ? message("line ", line, ", ") : "", "column ", column, " (byte ", byte,
                    "): not valid JSON: ", reason(error));
  }

 private:
  Json* put(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_array()) return &open_.back()->push_back(std::move(value));
    return &(*field_ = std::move(value));
  }
  bool place(Json value) { return put(std::move(value)) != nullptr; }
  bool open(Json value) {
    check<FileError>(open_.size() < kDeepest, name_, ": JSON nested deeper than ", kDeepest);
    open_.push_back(put(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  // The part of the library's text after the position and before the bytes it read last, which may be many.
  static std::string reason(const nlohmann::detail::exception& error) {
    std::string_view text = error.what();
    if (const size_t at = text.find(" - "); at != text.npos) text.remove_prefix(at + 3);
    if (const size_t at = text.find("] "); at != text.npos && text.starts_with("[json.")) text.remove_prefix(at + 2);
    const std::string shown = in_quotes(text.substr(0, text.find("; last read")));
    return shown.substr(1, shown.size() - 2);
  }

  std::string_view text_, name_;
  Json root_;
  std::vector<Json*> open_;  // arrays and objects that have begun and not ended
  Json* field_ = nullptr;    // where the value of the last key goes
};

// The text with Python's words for numbers that JSON has not, outside of strings, as null.
std::string without_python_numbers(std::string_view text) {
  constexpr std::array<std::string_view, 3> kWords = {"-Infinity", "Infinity", "NaN"};
  std::string result;
  bool in_string = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    const auto word = std::find_if(kWords.begin(), kWords.end(), [&](auto w) { return rest.starts_with(w); });
    if (!in_string && word != kWords.end()) {
      result += "null";
      at += word->size() - 1;
      continue;
    }
    if (text[at] == '"') in_string = !in_string;
    if (in_string && text[at] == '\\' && at + 1 < text.size()) result += text[at++];
    result += text[at];
  }
  return result;
}

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return message("an array of ", value.size());
  if (value.is_string()) return in_quotes(value.text());
  return value.dump();
}

}  // namespace

Json parse_json(std::string_view text, std::string_view name) {
  std::string rewritten;
  if (text.find("Infinity") != text.npos || text.find("NaN") != text.npos) {
    rewritten = without_python_numbers(text);
    text = rewritten;
  }
  Builder builder(text, name);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.result();
}

Json read_json(const std::filesystem::path& path) {
  const MappedFile file = MappedFile::open(path);
  return parse_json(file.text(), file.name());
}

JsonObject::JsonObject(const Json& json, std::string where) : JsonObject(json, std::move(where), "") {
  check<FileError>(json.is_object(), where_, ": is ", shown(json), ", expected a JSON object");
}

JsonObject::JsonObject(const Json& json, std::string where, std::string path)
    : json_(&json), where_(std::move(where)), path_(std::move(path)) {}

const Json* JsonObject::find(std::string_view name) const {
  const Json* found = json_->find(name);
  return found && !found->is_null() ? found : nullptr;
}

std::string JsonObject::label(std::string_view name) const {
  return where_ + ": " + in_quotes(path_ + std::string(name));
}

const Json& JsonObject::require(std::string_view name) const {
  const Json* value = find(name);
  check<FileError>(value != nullptr, label(name), " is missing");
  return *value;
}

void JsonObject::refuse(std::string_view name, std::string_view expected) const {
  fail<FileError>(label(name), " is ", shown(require(name)), ", expected ", expected);
}

double JsonObject::number(std::string_view name) const {
  const Json& value = require(name);
  if (!value.is_number()) refuse(name, "a number");
  return value.get<double>();
}

double JsonObject::number_or(std::string_view name, double fallback) const {
  return has(name) ? number(name) : fallback;
}

int64_t JsonObject::integer(std::string_view name, int64_t min, int64_t max) const {
  constexpr double kLimit = 9007199254740992.0;  // 2^53: below it a double is exact
  const Json& value = require(name);
  const std::string range = message(min, " to ", max);
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number < -kLimit || number > kLimit || number != static_cast<double>(static_cast<int64_t>(number)))
      refuse(name, "an integer, " + range);
  } else if (!value.is_number_integer()) {
    refuse(name, "an integer, " + range);
  }
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) refuse(name, range);
  const auto result = value.get<int64_t>();
  if (result < min || result > max) refuse(name, range);
  return result;
}

int64_t JsonObject::integer_or(std::string_view name, int64_t fallback, int64_t min, int64_t max) const {
  return has(name) ? integer(name, min, max) : fallback;
}

bool JsonObject::flag(std::string_view name) const {
  const Json& value = require(name);
  if (!value.is_boolean()) refuse(name, "true or false");
  return value.get<bool>();
}

bool JsonObject::flag_or(std::string_view name, bool fallback) const { return has(name) ? flag(name) : fallback; }

std::string JsonObject::text(std::string_view name) const {
  const Json& value = require(name);
  if (!value.is_string()) refuse(name, "a string");
  return value.get<std::string>();
}

std::string JsonObject::text_or(std::string_view name, std::string fallback) const {
  return has(name) ? text(name) : std::move(fallback);
}

std::vector<std::string> JsonObject::texts(std::string_view name) const {
  const Json& value = require(name);
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); }))
    refuse(name, "an array of strings");
  return value.get<std::vector<std::string>>();
}

JsonObject JsonObject::object(std::string_view name) const {
  const Json& value = require(name);
  if (!value.is_object()) refuse(name, "an object");
  return JsonObject(value, where_, path_ + std::string(name) + ".");
}

}  // namespace graft::inline v0
