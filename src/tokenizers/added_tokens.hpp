// SPDX-License-Identifier: Apache-2.0
//
// Tokens that stand outside the model: they are cut out of the text before anything else happens to it.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline v0 {

struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool in_model = true;                 // the model's vocabulary has it too
  bool special = false;                 // steers the model; decoding may leave it out
  bool normalized = false;              // found in the normalized text rather than in the original
  bool single_word = false;             // only where no word character stands beside it
  bool lstrip = false, rstrip = false;  // takes the white space to its left, right with it
};

// Finds the longest added token at the leftmost place, again and again. May be used from many threads.
class AddedTokenFinder {
 public:
  AddedTokenFinder() = default;
  explicit AddedTokenFinder(std::vector<AddedToken> tokens);

  bool empty() const { return tokens_.empty(); }

  // A stretch of text: an added token, or text between them (token == nullptr). Never empty.
  struct Stretch {
    size_t begin, end;
    const AddedToken* token;
  };
  // Hands on all stretches from left to right. `admits(token, begin, end)` may refuse a match, which is then text.
  void split(std::string_view text, const std::function<bool(const AddedToken&, size_t, size_t)>& admits,
             const std::function<void(const Stretch&)>& take) const;

 private:
  struct Node {
    unsigned char byte;
    int32_t token;            // that ends here, or -1
    uint32_t child, sibling;  // 0: none
  };
  const AddedToken* longest_at(std::string_view text, size_t at) const;

  std::vector<AddedToken> tokens_;
  std::vector<Node> nodes_;        // a trie; node 0 is its root
  std::bitset<65536> beginnings_;  // the first two bytes of tokens (any second byte after a token of one)
};

}  // namespace graft::inline v0
