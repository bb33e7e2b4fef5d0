// SPDX-License-Identifier: Apache-2.0
//
// From token ids back to text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

// The bytes of every token, and which tokens are special. Bytes that are no UTF-8 become U+FFFD.
class Decoder {
 public:
  Decoder() = default;
  Decoder(TextTable bytes, std::vector<bool> special);

  // Ids that name no token give no text.
  std::string decode(std::span<const int32_t> ids, bool skip_special) const;
  std::string_view bytes(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) < bytes_.size() ? bytes_[static_cast<size_t>(id)] : std::string_view();
  }
  bool is_special(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) < special_.size() && special_[static_cast<size_t>(id)];
  }

 private:
  TextTable bytes_;
  std::vector<bool> special_;
};

// Text with what is no UTF-8 replaced; `tail` takes an unfinished character at the end instead, unless it is null.
std::string valid_text(std::string bytes, std::string* tail = nullptr);

// The text of tokens as they come. Nothing is handed out while the last character may still be unfinished.
class StreamDecoder {
 public:
  // The decoder must outlive the stream.
  StreamDecoder(const Decoder& decoder, bool skip_special) : decoder_(&decoder), skip_special_(skip_special) {}

  std::string push(int32_t id);
  // What is held back, an unfinished character as U+FFFD.
  std::string flush();

 private:
  const Decoder* decoder_;
  bool skip_special_;
  std::string ready_, tail_;
};

}  // namespace graft::inline v0
