// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>

#include "support/in_quotes.hpp"
#include "support/json_value.hpp"
#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

class Writer {
 public:
  Writer(int indent, Json::InvalidUtf8 invalid) : indent_(indent), invalid_(invalid) {}

  void write(const Json& value) {
    if (value.is_object()) {
      write_object(value.items());
    } else if (value.is_array()) {
      write_array(value);
    } else if (value.is_string()) {
      write_text(value.text());
    } else if (value.is_number_float()) {
      write_real(value.get<double>());
    } else if (value.is_number_unsigned()) {
      write_number(value.get<uint64_t>());
    } else if (value.is_number()) {
      write_number(value.get<int64_t>());
    } else {
      out_ += value.is_null() ? "null" : value.get<bool>() ? "true" : "false";
    }
  }

  std::string take() { return std::move(out_); }

 private:
  // Ends the line where there are several, and begins the next one.
  void next_line() {
    if (indent_ >= 0) out_.append("\n").append(size_t(indent_) * level_, ' ');
  }

  // Writes count items, of which item(i) is one.
  template <class WriteItem>
  void write_items(char first, size_t count, char last, WriteItem item) {
    out_ += first;
    ++level_;
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      next_line();
      item(i);
    }
    --level_;
    if (count > 0) next_line();
    out_ += last;
  }

  void write_array(const Json& array) {
    write_items('[', array.size(), ']', [&](size_t i) { write(array[i]); });
  }

  void write_object(const Json::Object& fields) {
    auto field = fields.begin();
    write_items('{', fields.size(), '}', [&](size_t) {
      write_text(field->first);
      out_ += indent_ >= 0 ? ": " : ":";
      write(field->second);
      ++field;
    });
  }

  template <class Number, class... Format>
  std::string_view write_number(Number number, Format... format) {
    char digits[32];
    const size_t size = size_t(std::to_chars(digits, digits + sizeof digits, number, format...).ptr - digits);
    out_.append(digits, size);
    return std::string_view(out_).substr(out_.size() - size);
  }

  void write_real(double number) {
    const double size = std::abs(number);
    if (!std::isfinite(number)) {
      out_ += "null";
    } else if (number != 0 && (size < 1e-4 || size >= 1e15)) {
      write_number(number, std::chars_format::scientific);
    } else if (write_number(number, std::chars_format::fixed).find('.') == std::string_view::npos) {
      out_ += ".0";
    }
  }

  void write_text(std::string_view text) {
    out_ += '"';
    size_t copied = 0;  // what is in front of it is written
    for (size_t at = 0; at < text.size();) {
      const size_t from = at;
      if (is_plain(static_cast<unsigned char>(text[at]))) {
        ++at;
      } else if (const char32_t point = next_code_point(text, at); !needs_escape(point, text.substr(from, at - from))) {
        continue;
      } else {
        out_.append(text, copied, from - copied);
        copied = at;
        escape(point, text);
      }
    }
    out_.append(text, copied).append("\"");
  }

  static bool is_plain(unsigned char byte) { return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\'; }

  static bool needs_escape(char32_t point, std::string_view bytes) {
    return point < 0x20 || point == '"' || point == '\\' || (point == 0xFFFD && bytes != "\xEF\xBF\xBD");
  }

  void escape(char32_t point, std::string_view text) {
    constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
    constexpr char kDigits[] = "0123456789abcdef";
    if (point == 0xFFFD) {
      check<FileError>(invalid_ == Json::InvalidUtf8::replaced, "JSON: ", in_quotes(text), " is no UTF-8 text");
      out_ += "\xEF\xBF\xBD";
    } else if (const size_t known = kSpecial.find(char(point)); known != kSpecial.npos) {
      out_.append({'\\', kLetters[known]});
    } else {
      out_.append("\\u00").append({kDigits[point >> 4], kDigits[point & 15]});
    }
  }

  int indent_;
  Json::InvalidUtf8 invalid_;
  size_t level_ = 0;
  std::string out_;
};

}  // namespace

std::string Json::dump(int indent, InvalidUtf8 invalid) const {
  Writer writer(indent, invalid);
  writer.write(*this);
  return writer.take();
}

}  // namespace graft::inline v0
