// SPDX-License-Identifier: Apache-2.0
#include "formats/tensorboard.hpp"

#include <bit>

namespace graft::inline v0 {
namespace {

template <class Unsigned>
std::string little_endian(Unsigned value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof value; ++i) bytes += char(value >> 8 * i & 0xff);
  return bytes;
}

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += char(value | 0x80);
  return bytes + char(value);
}

// Protobuf: the field's number and wire type, then its value.
enum class Wire { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
std::string key(int field, Wire wire) { return varint(uint64_t(field) << 3 | uint64_t(wire)); }
std::string bytes_field(int field, std::string_view bytes) {
  return key(field, Wire::bytes) + varint(bytes.size()) + std::string(bytes);
}
std::string float_field(int field, float value) {
  return key(field, Wire::fixed32) + little_endian(std::bit_cast<uint32_t>(value));
}
std::string double_field(int field, double value) {
  return key(field, Wire::fixed64) + little_endian(std::bit_cast<uint64_t>(value));
}

// A checksum of bytes that hold checksums themselves would be weak, so TFRecord turns it and adds a constant.
std::string masked_checksum(std::string_view bytes) {
  return little_endian(std::rotr(crc32c(bytes), 15) + 0xa282ead8u);
}

std::string framed(const std::string& message) {
  const std::string length = little_endian(uint64_t(message.size()));
  return length + masked_checksum(length) + message + masked_checksum(message);
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t sum = ~0u;
  for (const char byte : bytes) {
    sum ^= uint8_t(byte);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78u : 0);
  }
  return ~sum;
}

// Event: wall_time = 1, step = 2, file_version = 3, summary = 5. Summary: value = 1. Value: tag = 1, simple_value = 2.
std::string version_record(double time) { return framed(double_field(1, time) + bytes_field(3, "brain.Event:2")); }

std::string scalar_record(double time, int64_t step, std::string_view tag, float value) {
  const std::string summary = bytes_field(1, bytes_field(1, tag) + float_field(2, value));
  return framed(double_field(1, time) + key(2, Wire::varint) + varint(uint64_t(step)) + bytes_field(5, summary));
}

}  // namespace graft::inline v0
