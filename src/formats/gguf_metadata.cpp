// SPDX-License-Identifier: Apache-2.0
#include "formats/gguf_metadata.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kDeepest = 8;

// In the order of the enumeration; 0 bytes where the length is in the file.
struct TypeEntry {
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array<TypeEntry, 13> kTypes = {{{"u8", 1},
                                               {"i8", 1},
                                               {"u16", 2},
                                               {"i16", 2},
                                               {"u32", 4},
                                               {"i32", 4},
                                               {"f32", 4},
                                               {"bool", 1},
                                               {"a string", 0},
                                               {"an array", 0},
                                               {"u64", 8},
                                               {"i64", 8},
                                               {"f64", 8}}};

const TypeEntry& entry(GgufType type) { return kTypes.at(static_cast<size_t>(type)); }

GgufType read_type(ByteReader& reader, std::string_view file, std::string_view key) {
  const auto type = reader.read<uint32_t>(key);
  check<FileError>(type < kTypes.size(), file, ": ", key, " has the unknown type ", type);
  return static_cast<GgufType>(type);
}

std::string_view read_text(ByteReader& reader, std::string_view what) {
  const auto bytes = reader.take(reader.read<uint64_t>(what), what);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

GgufValue read_array(ByteReader& reader, std::string_view file, std::string_view key, int depth);

// Moves over `count` values and checks that they are there.
void skip_elements(ByteReader& reader, std::string_view file, std::string_view key, GgufType type, uint64_t count,
                   int depth) {
  // What the shortest element takes: a length, or the head of an array.
  const uint64_t least = type == GgufType::text ? 8 : type == GgufType::array ? 12 : entry(type).bytes;
  check<FileError>(count <= reader.left() / least, file, ": ", key, " is an array of ", count, " elements, but only ",
                   reader.left(), " bytes are left");
  if (entry(type).bytes > 0) reader.take(count * least, key);
  for (uint64_t i = 0; entry(type).bytes == 0 && i < count; ++i) {
    if (type == GgufType::text) {
      read_text(reader, key);
    } else {
      read_array(reader, file, key, depth + 1);
    }
  }
}

GgufValue read_array(ByteReader& reader, std::string_view file, std::string_view key, int depth) {
  check<FileError>(depth < kDeepest, file, ": ", key, ": arrays nested deeper than ", kDeepest);
  GgufValue value{GgufType::array, read_type(reader, file, key), reader.read<uint64_t>(key), {}};
  ByteReader start = reader;
  skip_elements(reader, file, key, value.element, value.count, depth);
  value.bytes = start.take(reader.position() - start.position(), key);
  return value;
}

GgufValue read_value(ByteReader& reader, std::string_view file, std::string_view key) {
  const GgufType type = read_type(reader, file, key);
  if (type == GgufType::array) return read_array(reader, file, key, 0);
  if (type == GgufType::text) return {type, type, 1, reader.take(reader.read<uint64_t>(key), key)};
  return {type, type, 1, reader.take(entry(type).bytes, key)};
}

bool is_integer(GgufType type) {
  switch (type) {
    case GgufType::f32:
    case GgufType::f64:
    case GgufType::boolean:
    case GgufType::text:
    case GgufType::array:
      return false;
    default:
      return true;
  }
}

bool is_number(GgufType type) { return is_integer(type) || type == GgufType::f32 || type == GgufType::f64; }

// Nullopt for what an int64_t cannot hold.
std::optional<int64_t> read_integer(ByteReader& reader, GgufType type) {
  switch (type) {
    case GgufType::u8:
      return reader.read<uint8_t>("");
    case GgufType::i8:
      return reader.read<int8_t>("");
    case GgufType::u16:
      return reader.read<uint16_t>("");
    case GgufType::i16:
      return reader.read<int16_t>("");
    case GgufType::u32:
      return reader.read<uint32_t>("");
    case GgufType::i32:
      return reader.read<int32_t>("");
    case GgufType::i64:
      return reader.read<int64_t>("");
    default:
      break;
  }
  const auto value = reader.read<uint64_t>("");
  if (value > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<int64_t>(value);
}

double read_number(ByteReader& reader, GgufType type) {
  if (type == GgufType::f32) return reader.read<float>("");
  if (type == GgufType::f64) return reader.read<double>("");
  if (type == GgufType::u64) return static_cast<double>(reader.read<uint64_t>(""));
  return static_cast<double>(*read_integer(reader, type));
}

}  // namespace

GgufMetadata::GgufMetadata(ByteReader& reader, uint64_t count, std::string file) : file_(std::move(file)) {
  constexpr uint64_t kShortest = 8 + 4 + 1;  // an empty key, a type, a byte
  check<FileError>(count <= reader.left() / kShortest, file_, ": ", count, " keys declared, but only ", reader.left(),
                   " bytes are left");
  entries_.reserve(count);
  std::vector<std::string_view> names;
  names.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view key = read_text(reader, "key");
    entries_.push_back({key, read_value(reader, file_, in_quotes(key))});
    names.push_back(key);
  }
  index_ = NameIndex(std::move(names));
  if (const auto twice = index_.duplicate()) fail<FileError>(file_, ": ", in_quotes(*twice), " is there twice");
}

const GgufValue* GgufMetadata::find(std::string_view key) const {
  const auto position = index_.find(key);
  return position ? &entries_[*position].value : nullptr;
}

const GgufValue& GgufMetadata::require(std::string_view key) const {
  const GgufValue* value = find(key);
  check<FileError>(value != nullptr, file_, ": ", in_quotes(key), " is missing");
  return *value;
}

void GgufMetadata::refuse(std::string_view key, std::string_view expected) const {
  const GgufValue& value = require(key);
  if (value.type == GgufType::array)
    fail<FileError>(file_, ": ", in_quotes(key), " is an array of ", value.count, " x ", entry(value.element).name,
                    ", expected ", expected);
  if (value.type == GgufType::text)
    fail<FileError>(file_, ": ", in_quotes(key), " is ", in_quotes(text(key)), ", expected ", expected);
  ByteReader reader = elements(value);
  if (is_number(value.type))
    fail<FileError>(file_, ": ", in_quotes(key), " is ", read_number(reader, value.type), ", expected ", expected);
  fail<FileError>(file_, ": ", in_quotes(key), " is ", entry(value.type).name, ", expected ", expected);
}

int64_t GgufMetadata::integer(std::string_view key, int64_t min, int64_t max) const {
  const GgufValue& value = require(key);
  const std::string range = message(min, " to ", max);
  if (!is_integer(value.type)) refuse(key, "an integer, " + range);
  ByteReader reader = elements(value);
  const auto result = read_integer(reader, value.type);
  if (!result || *result < min || *result > max) refuse(key, range);
  return *result;
}

int64_t GgufMetadata::integer_or(std::string_view key, int64_t fallback, int64_t min, int64_t max) const {
  return has(key) ? integer(key, min, max) : fallback;
}

double GgufMetadata::number(std::string_view key) const {
  const GgufValue& value = require(key);
  if (!is_number(value.type)) refuse(key, "a number");
  ByteReader reader = elements(value);
  const double result = read_number(reader, value.type);
  if (!std::isfinite(result)) refuse(key, "a finite number");
  return result;
}

double GgufMetadata::number_or(std::string_view key, double fallback) const {
  return has(key) ? number(key) : fallback;
}

bool GgufMetadata::flag_or(std::string_view key, bool fallback) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return fallback;
  if (value->type != GgufType::boolean) refuse(key, "a bool");
  return value->bytes[0] != std::byte{0};
}

std::string_view GgufMetadata::text(std::string_view key) const {
  const GgufValue& value = require(key);
  if (value.type != GgufType::text) refuse(key, "a string");
  return {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()};
}

std::string_view GgufMetadata::text_or(std::string_view key, std::string_view fallback) const {
  return has(key) ? text(key) : fallback;
}

const GgufValue& GgufMetadata::require_array(std::string_view key, std::string_view expected) const {
  const GgufValue& value = require(key);
  if (value.type != GgufType::array) refuse(key, expected);
  return value;
}

std::vector<std::string_view> GgufMetadata::texts(std::string_view key) const {
  const GgufValue& array = require_array(key, "an array of strings");
  if (array.element != GgufType::text) refuse(key, "an array of strings");
  std::vector<std::string_view> result(array.count);
  ByteReader reader = elements(array);
  for (std::string_view& text : result) text = read_text(reader, key);
  return result;
}

std::vector<float> GgufMetadata::numbers(std::string_view key) const {
  const GgufValue& array = require_array(key, "an array of numbers");
  if (!is_number(array.element)) refuse(key, "an array of numbers");
  std::vector<float> result(array.count);
  ByteReader reader = elements(array);
  for (float& value : result) value = static_cast<float>(read_number(reader, array.element));
  return result;
}

std::vector<int64_t> GgufMetadata::integers(std::string_view key) const {
  const GgufValue& array = require_array(key, "an array of integers");
  if (!is_integer(array.element)) refuse(key, "an array of integers");
  std::vector<int64_t> result(array.count);
  ByteReader reader = elements(array);
  for (int64_t& value : result) {
    const auto integer = read_integer(reader, array.element);
    if (!integer) refuse(key, "integers below 2^63");
    value = *integer;
  }
  return result;
}

std::vector<GgufValue> GgufMetadata::arrays(std::string_view key) const {
  const GgufValue& array = require_array(key, "an array of arrays");
  if (array.element != GgufType::array) refuse(key, "an array of arrays");
  std::vector<GgufValue> result(array.count);
  ByteReader reader = elements(array);
  for (GgufValue& value : result) value = read_array(reader, file_, key, 1);
  return result;
}

}  // namespace graft::inline v0
