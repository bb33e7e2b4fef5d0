// SPDX-License-Identifier: Apache-2.0
//
// The key-value pairs of a GGUF file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/byte_reader.hpp"
#include "support/name_index.hpp"

namespace graft::inline v0 {

// With the numbers of the format.
enum class GgufType : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

// A value as it lies in the file, decoded when it is asked for; a vocabulary costs nothing until then.
struct GgufValue {
  GgufType type = GgufType::u8;
  GgufType element = GgufType::u8;   // of an array
  uint64_t count = 1;                // elements of an array
  std::span<const std::byte> bytes;  // the value, or the elements of an array one after the other
};

// Reads by key with the type that the caller wants; any integer type does where an integer is wanted. Errors are
// FileError and read: model.gguf: "llama.block_count" is missing. Views stay valid as long as the file.
class GgufMetadata {
 public:
  struct Entry {
    std::string_view key;
    GgufValue value;
  };

  GgufMetadata() = default;
  // Reads `count` pairs. Refuses keys that come twice.
  GgufMetadata(ByteReader& reader, uint64_t count, std::string file);

  std::span<const Entry> entries() const { return entries_; }  // in the file's order
  const GgufValue* find(std::string_view key) const;           // null when absent
  bool has(std::string_view key) const { return find(key) != nullptr; }

  int64_t integer(std::string_view key, int64_t min, int64_t max) const;
  int64_t integer_or(std::string_view key, int64_t fallback, int64_t min, int64_t max) const;
  double number(std::string_view key) const;
  double number_or(std::string_view key, double fallback) const;
  bool flag_or(std::string_view key, bool fallback) const;
  std::string_view text(std::string_view key) const;
  std::string_view text_or(std::string_view key, std::string_view fallback) const;

  std::vector<std::string_view> texts(std::string_view key) const;  // an array of strings
  std::vector<float> numbers(std::string_view key) const;           // an array of any numbers
  std::vector<int64_t> integers(std::string_view key) const;        // an array of integers
  std::vector<GgufValue> arrays(std::string_view key) const;        // an array of arrays

  // Throws: KEY is TYPE, expected EXPECTED.
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

 private:
  const GgufValue& require(std::string_view key) const;
  const GgufValue& require_array(std::string_view key, std::string_view expected) const;
  ByteReader elements(const GgufValue& array) const { return {array.bytes, file_}; }

  std::string file_;
  std::vector<Entry> entries_;
  NameIndex index_;
};

}  // namespace graft::inline v0
