// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "formats/byte_source.hpp"
#include "formats/gguf_metadata.hpp"
#include "tensor/dtype.hpp"

namespace graft::inline v0 {

template <class T>
concept GgufScalar = std::is_arithmetic_v<T>;

// Writes a GGUF file of version 3 with alignment 32: the metadata and tensors in the order in which they were given.
class GgufWriter {
 public:
  // A number, a bool, a string, or a std::vector of these or of vectors. Throws ArgumentError for a key that was set.
  template <class T>
  void set(std::string_view key, const T& value) {
    begin(key, type_of<T>());
    append(value);
  }

  // A value of another file, byte by byte. general.alignment is left out: this file has its own.
  void copy(const GgufMetadata::Entry& entry);

  // The shape is in the order of rows and columns. Throws ArgumentError for a name given twice, more than 4 dimensions
  // or rows that are no whole blocks.
  void add(std::string name, Dtype dtype, std::vector<int64_t> shape, ByteSource data);

  // Replaces the file atomically. Throws FileError when it cannot be written, ArgumentError when a source gives
  // another number of bytes than its type and shape need.
  void write(const std::filesystem::path& path) const;

 private:
  struct Tensor {
    std::string name;
    Dtype dtype;
    std::vector<int64_t> shape;
    uint64_t bytes;
    ByteSource data;
  };

  template <class T>
  static constexpr GgufType type_of() {
    if constexpr (std::same_as<T, bool>)
      return GgufType::boolean;
    else if constexpr (std::floating_point<T>)
      return sizeof(T) == 4 ? GgufType::f32 : GgufType::f64;
    else if constexpr (GgufScalar<T>) {
      constexpr GgufType kSigned[] = {GgufType::i8, GgufType::i16, GgufType::i32, GgufType::i64};
      constexpr GgufType kUnsigned[] = {GgufType::u8, GgufType::u16, GgufType::u32, GgufType::u64};
      constexpr int kLog = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
      return std::is_signed_v<T> ? kSigned[kLog] : kUnsigned[kLog];
    } else if constexpr (std::convertible_to<T, std::string_view>)
      return GgufType::text;
    else
      return GgufType::array;
  }

  void begin(std::string_view key, GgufType type);
  void append_text(std::string_view text);

  template <class T>
  void append(const T& value) {
    if constexpr (GgufScalar<T>) {
      metadata_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    } else if constexpr (std::convertible_to<T, std::string_view>) {
      append_text(value);
    } else {
      append(static_cast<uint32_t>(type_of<typename T::value_type>()));
      append(uint64_t{value.size()});
      for (const typename T::value_type& element : value) append(element);
    }
  }

  std::string header() const;

  std::string metadata_;  // encoded
  std::set<std::string, std::less<>> keys_, names_;
  std::vector<Tensor> tensors_;
};

}  // namespace graft::inline v0
