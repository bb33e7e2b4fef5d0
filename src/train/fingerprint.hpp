// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace graft::inline v0 {

// FNV-1a over whole numbers: tells the data of one run from that of another.
class Fingerprint {
 public:
  void add(uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3; }
  void add(float value) { add(uint64_t(std::bit_cast<uint32_t>(value))); }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace graft::inline v0
