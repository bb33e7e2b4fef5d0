// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/prefix_trie.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

namespace graft {
namespace {

std::string random_text(std::mt19937& random, size_t longest, int letters) {
  std::string text(1 + random() % longest, '\0');
  for (char& c : text) c = static_cast<char>(random() % static_cast<uint32_t>(letters));
  return text;
}

}  // namespace

TEST_CASE("All beginnings of a text are found, the shortest first", "[tokenizers]") {
  std::mt19937 random(1);
  for (const int letters : {2, 7, 256}) {
    std::map<std::string, int32_t> texts;
    for (int32_t i = 0; i < 4000; ++i) texts.emplace(random_text(random, 12, letters), i);
    std::vector<std::pair<std::string_view, int32_t>> entries(texts.begin(), texts.end());
    std::shuffle(entries.begin(), entries.end(), random);
    const PrefixTrie trie(entries);
    for (int i = 0; i < 2000; ++i) {
      const std::string text = random_text(random, 14, letters);
      std::vector<std::pair<size_t, int32_t>> expected, found;
      for (size_t length = 1; length <= text.size(); ++length)
        if (const auto at = texts.find(text.substr(0, length)); at != texts.end())
          expected.emplace_back(length, at->second);
      trie.prefixes(text, [&](size_t length, int32_t value) { found.emplace_back(length, value); });
      REQUIRE(found == expected);
      REQUIRE(trie.longest(text).length == (expected.empty() ? 0 : expected.back().first));
    }
  }
}

TEST_CASE("A trie of nothing finds nothing", "[tokenizers]") {
  CHECK(PrefixTrie().longest("a").length == 0);
  CHECK(PrefixTrie({{"", 1}}).longest("").length == 0);
}

}  // namespace graft
