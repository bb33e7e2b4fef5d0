// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "support/message.hpp"

namespace graft::inline v0 {

// Reads a little-endian file from front to back and never past its end. `what` names the field in the message when
// the file ends too early. Refers to the bytes and to the name.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }

  template <class T>
  T read(std::string_view what) {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  std::span<const std::byte> take(uint64_t size, std::string_view what) {
    check<FileError>(size <= left(), name_, ": ", what, ": a length of ", size, " bytes at byte ", position_,
                     ", but only ", left(), " are left");
    const auto part = bytes_.subspan(position_, size);
    position_ += size;
    return part;
  }

 private:
  std::span<const std::byte> bytes_;
  std::string_view name_;
  size_t position_ = 0;
};

}  // namespace graft::inline v0
