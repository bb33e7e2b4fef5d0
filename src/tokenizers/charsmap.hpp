// SPDX-License-Identifier: Apache-2.0
//
// SentencePiece's table of character replacements, as models carry it (precompiled_charsmap): a double array of the
// texts to replace, and what replaces them.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/normalize.hpp"

namespace graft::inline v0 {

class Charsmap {
 public:
  // `where` begins the message of a FileError: the table is damaged.
  Charsmap(std::string_view bytes, const std::string& where);

  struct Match {
    size_t length;
    std::string_view replacement;
  };
  // The shortest or the longest text of the table that `text` begins with.
  std::optional<Match> shortest(std::string_view text) const { return find(text, true); }
  std::optional<Match> longest(std::string_view text) const { return find(text, false); }
  // Whether a text of the table begins with this ASCII character and has no other after it but ASCII.
  bool changes_ascii(unsigned char byte) const { return byte < 128 && ascii_[byte]; }

 private:
  std::optional<Match> find(std::string_view text, bool stops_at_first) const;
  bool replaces_ascii(unsigned char first) const;

  std::vector<uint32_t> units_;
  std::string replacements_;  // each ends with a zero byte
  std::bitset<128> ascii_;    // what changes_ascii says
};

// Replaces the longest matches from left to right, as SentencePiece does.
std::unique_ptr<Normalizer> charsmap_normalizer(std::string_view bytes, const std::string& where);
// Goes by grapheme clusters, as tokenizers does for a tokenizer.json: a short cluster is replaced by what replaces its
// shortest beginning, of others each character by itself.
std::unique_ptr<Normalizer> precompiled_normalizer(std::string_view bytes, const std::string& where);

}  // namespace graft::inline v0
