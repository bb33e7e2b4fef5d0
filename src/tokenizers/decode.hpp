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

// What tokens become in a text.
struct DecodedTokens {
  TextTable texts;             // of each token
  TextTable first;             // of each token when it is the first; empty: the same
  std::vector<int16_t> bytes;  // of tokens that spell a single byte, -1 for others; empty: there are none
  size_t leading_spaces = 0;   // as many are taken from the beginning of the text
};

// The text of every token, and which tokens are special. Bytes that are no UTF-8 become U+FFFD.
class Decoder {
 public:
  Decoder() = default;
  Decoder(DecodedTokens tokens, std::vector<bool> special);

  // Ids that name no token give no text.
  std::string decode(std::span<const int32_t> ids, bool skip_special) const;
  std::string_view text(int32_t id, bool is_first) const {
    const TextTable& texts = is_first && tokens_.first.size() > 0 ? tokens_.first : tokens_.texts;
    return id >= 0 && static_cast<size_t>(id) < texts.size() ? texts[static_cast<size_t>(id)] : std::string_view();
  }
  // The byte that a token spells, or -1.
  int byte(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) < tokens_.bytes.size() ? tokens_.bytes[static_cast<size_t>(id)] : -1;
  }
  size_t leading_spaces() const { return tokens_.leading_spaces; }
  bool is_special(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) < special_.size() && special_[static_cast<size_t>(id)];
  }

 private:
  std::string plain(std::span<const int32_t> ids, bool skip_special) const;

  DecodedTokens tokens_;
  std::vector<bool> special_;
};

// Text with what is no UTF-8 replaced; `tail` takes an unfinished character at the end instead, unless it is null.
std::string valid_text(std::string bytes, std::string* tail = nullptr);

// The text of tokens as they come. Nothing is handed out while the last character may still be unfinished.
class StreamDecoder {
 public:
  // The decoder must outlive the stream.
  StreamDecoder(const Decoder& decoder, bool skip_special)
      : decoder_(&decoder), skip_special_(skip_special), leading_spaces_(decoder.leading_spaces()) {}

  std::string push(int32_t id);
  // What is held back, an unfinished character as U+FFFD.
  std::string flush();

 private:
  void end_bytes();
  void add(std::string_view text);

  const Decoder* decoder_;
  bool skip_special_;
  bool is_first_ = true;
  size_t leading_spaces_;             // still to be taken away
  std::string ready_, tail_, bytes_;  // text; an unfinished character; what byte tokens spell
};

}  // namespace graft::inline v0
