// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/jinja_json.hpp"

#include <algorithm>
#include <utility>

#include "support/json_sax.hpp"
#include "support/message.hpp"
#include "support/utf8.hpp"
#include "tokenizers/jinja_number.hpp"

namespace graft::inline v0::jinja {
namespace {

constexpr size_t kDeepest = 100;

// Builds a value from the events of the parser.
class Builder {
 public:
  explicit Builder(std::string name) : name_(std::move(name)) {}

  bool null() { return add(None{}); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(int64_t value) { return add(value); }
  bool number_unsigned(uint64_t value) {
    return value <= INT64_MAX ? add(static_cast<int64_t>(value)) : add(static_cast<double>(value));
  }
  bool number_float(double value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(Text::foreign(std::move(value))); }
  bool binary(std::vector<uint8_t>&) { return false; }
  bool start_object(size_t) { return open(true); }
  bool start_array(size_t) { return open(false); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& value) {
    open_.back().key = Text::foreign(std::move(value));
    return true;
  }
  bool parse_error(size_t at, const std::string&, const nlohmann::detail::exception& error) {
    fail<ArgumentError>(name_, ": not valid JSON at byte ", at, ": ", error.what());
  }

  Value take() { return std::move(whole_); }

 private:
  struct Level {
    bool is_map;
    Text key;
    std::vector<Value> items;
    std::vector<Entry> entries;
  };

  bool open(bool is_map) {
    check(open_.size() < kDeepest, name_, ": JSON is nested more than ", kDeepest, " levels deep");
    open_.push_back({is_map, {}, {}, {}});
    return true;
  }
  bool close() {
    Level level = std::move(open_.back());
    open_.pop_back();
    return add(level.is_map ? Value::map(std::move(level.entries)) : Value::list(std::move(level.items)));
  }
  bool add(Value value) {
    if (open_.empty()) {
      whole_ = std::move(value);
    } else if (open_.back().is_map) {
      open_.back().entries.emplace_back(open_.back().key, std::move(value));
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }

  std::string name_;
  std::vector<Level> open_;
  Value whole_;
};

// A text between quotes; the escapes are the template's own, the rest stays foreign where it was.
void write_text(const Text& text, bool only_ascii, Text& out) {
  constexpr std::string_view kSpecial = "\"\\\n\r\t\b\f", kLetters = "\"\\nrtbf";
  constexpr char kDigits[] = "0123456789abcdef";
  const auto escape = [&](uint32_t unit) {
    const char escaped[] = {
        '\\', 'u', kDigits[unit >> 12 & 15], kDigits[unit >> 8 & 15], kDigits[unit >> 4 & 15], kDigits[unit & 15]};
    out.append(std::string_view(escaped, sizeof escaped));
  };
  out.append("\"");
  size_t copied = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t from = at;
    const char32_t c = next_code_point(text.bytes(), at);
    const size_t known = c < 128 ? kSpecial.find(static_cast<char>(c)) : std::string_view::npos;
    if (known == std::string_view::npos && c >= 0x20 && (c < 127 || !only_ascii)) continue;
    out.append(text.slice(copied, from));
    copied = at;
    if (known != std::string_view::npos) {
      const char letters[] = {'\\', kLetters[known]};
      out.append(std::string_view(letters, 2));
    } else if (c >= 0x10000) {
      escape(0xD800 + ((c - 0x10000) >> 10));
      escape(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      escape(c);
    }
  }
  out.append(text.from(copied));
  out.append("\"");
}

class Writer {
 public:
  explicit Writer(const JsonStyle& style) : style_(style) {}

  void write(const Value& value) {
    if (value.text()) return write_text(*value.text(), style_.only_ascii, out_);
    if (value.is_none()) return out_.append("null");
    if (const bool* truth = value.as<bool>()) return out_.append(*truth ? "true" : "false");
    if (const int64_t* integer = value.as<int64_t>()) return out_.append(std::to_string(*integer));
    if (const double* real = value.as<double>()) return out_.append(json_number(*real));
    if (value.list()) return write_list(*value.list());
    check(value.map() && value.map()->role == Map::plain, "tojson: found ", value.kind(), ", expected a value of JSON");
    write_map(*value.map());
  }

  Text take() { return std::move(out_); }

 private:
  static std::string json_number(double number) {
    const std::string text = number_text(number);
    return text == "nan" ? "NaN" : text == "inf" ? "Infinity" : text == "-inf" ? "-Infinity" : text;
  }

  void break_line() {
    if (style_.indent < 0) return;
    out_.append("\n");
    out_.append(std::string(static_cast<size_t>(style_.indent) * level_, ' '));
  }

  void write_list(const List& list) {
    out_.append("[");
    ++level_;
    for (size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      break_line();
      write(list.items[i]);
    }
    --level_;
    if (!list.items.empty()) break_line();
    out_.append("]");
  }

  void write_map(const Map& map) {
    std::vector<const Entry*> entries;
    for (const Entry& entry : map.entries) entries.push_back(&entry);
    if (style_.sort_keys)
      std::stable_sort(entries.begin(), entries.end(),
                       [](const Entry* a, const Entry* b) { return compare(a->first, b->first) < 0; });
    out_.append("{");
    ++level_;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_.append(style_.item_separator);
      break_line();
      write_text(to_text(entries[i]->first), style_.only_ascii, out_);
      out_.append(style_.key_separator);
      write(entries[i]->second);
    }
    --level_;
    if (!entries.empty()) break_line();
    out_.append("}");
  }

  const JsonStyle& style_;
  Text out_;
  size_t level_ = 0;
};

}  // namespace

Value from_json(std::string_view json, const std::string& name) {
  Builder builder(name);
  nlohmann::json::sax_parse(json.begin(), json.end(), &builder);
  return builder.take();
}

Text to_json(const Value& value, const JsonStyle& style) {
  Writer writer(style);
  writer.write(value);
  return writer.take();
}

std::string field_text(const Value& map, std::string_view name) {
  const Value* field = map.map() ? map.map()->find(name) : nullptr;
  return field ? std::string(to_json(*field, {}).bytes()) : "";
}

}  // namespace graft::inline v0::jinja
