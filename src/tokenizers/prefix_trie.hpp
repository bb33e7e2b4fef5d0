// SPDX-License-Identifier: Apache-2.0
//
// All texts of a set that another text begins with, in one walk: a double array (Aoe 1989) whose children are found by
// exclusive or.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/vocabulary.hpp"

namespace graft::inline v0 {

class PrefixTrie {
 public:
  // Empty texts are left out; of two equal ones the first counts.
  explicit PrefixTrie(std::vector<std::pair<std::string_view, int32_t>> entries = {});
  // What follows `prefix` in those of the first `count` tokens that begin with it, by their ids.
  static PrefixTrie of(const TextTable& tokens, size_t count, std::string_view prefix = "");

  // Calls take(length, value) for every text of the set that `text` begins with, the shortest first.
  template <class Take>
  void prefixes(std::string_view text, Take take) const {
    uint32_t node = 0;
    for (size_t at = 0; at < text.size(); ++at) {
      const uint32_t child = nodes_[node].base ^ static_cast<unsigned char>(text[at]);
      if (nodes_[child].parent != node) return;
      node = child;
      if (nodes_[node].value >= 0) take(at + 1, nodes_[node].value);
    }
  }

  struct Match {
    size_t length = 0;  // 0: none
    int32_t value = -1;
  };
  Match longest(std::string_view text) const {
    Match match;
    prefixes(text, [&](size_t length, int32_t value) { match = {length, value}; });
    return match;
  }

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFFu;
  struct Node {
    uint32_t base = 0;  // child of byte b: base ^ b, when its parent is this node
    uint32_t parent = kNone;
    int32_t value = -1;  // of the text that ends here
  };
  class Builder;

  std::vector<Node> nodes_;
};

}  // namespace graft::inline v0
