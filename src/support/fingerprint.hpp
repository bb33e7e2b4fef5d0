// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace graft::inline v0 {

// A hash as it stands in files: sixteen digits.
inline std::string hash_text(uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

// FNV-1a over whole numbers: tells the data of one run, or the words of one model, from those of another.
class Fingerprint {
 public:
  void add(uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3; }
  void add(float value) { add(uint64_t(std::bit_cast<uint32_t>(value))); }
  void add(std::string_view text) {
    for (const char byte : text) add(uint64_t(static_cast<unsigned char>(byte)));
    add(uint64_t(256));  // its end
  }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace graft::inline v0
