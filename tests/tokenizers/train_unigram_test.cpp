// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/train_unigram.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <random>

#include "tokenizers/unigram_lattice.hpp"
#include "tokenizers/unigram_seeds.hpp"

namespace graft {
namespace {

const std::vector<std::string> kTokens = {"a", "b", "ab", "ba", "aba", "bb"};
const std::vector<double> kProbabilities = {0.3, 0.2, 0.2, 0.1, 0.15, 0.05};

PrefixTrie trie_of(const std::vector<std::string>& tokens) {
  std::vector<std::pair<std::string_view, int32_t>> entries;
  for (const std::string& token : tokens) entries.emplace_back(token, static_cast<int32_t>(entries.size()));
  return PrefixTrie(entries);
}

// Sums over all ways by trying them.
void enumerate(const std::string& word, size_t at, double probability, std::vector<int>& used, double& total,
               std::vector<double>& expected) {
  if (at == word.size()) {
    total += probability;
    for (const int id : used) expected[static_cast<size_t>(id)] += probability;
    return;
  }
  for (size_t id = 0; id < kTokens.size(); ++id) {
    if (word.compare(at, kTokens[id].size(), kTokens[id]) != 0) continue;
    used.push_back(static_cast<int>(id));
    enumerate(word, at + kTokens[id].size(), probability * kProbabilities[id], used, total, expected);
    used.pop_back();
  }
}

}  // namespace

TEST_CASE("Expected occurrences are those over all ways", "[tokenizers]") {
  std::mt19937 random(2);
  const PrefixTrie trie = trie_of(kTokens);
  for (int round = 0; round < 20; ++round) {
    std::string word(10, 'a');
    for (char& c : word) c = static_cast<char>('a' + random() % 2);
    double total = 0;
    std::vector<double> right(kTokens.size()), found(kTokens.size());
    std::vector<int> used;
    enumerate(word, 0, 1, used, total, right);
    UnigramLattice lattice;
    lattice.fill(word, trie, kProbabilities);
    CHECK(lattice.add_expected(3, found) == Approx(std::log(total)));
    for (size_t id = 0; id < kTokens.size(); ++id) CHECK(found[id] == Approx(3 * right[id] / total));
  }
}

TEST_CASE("A word of a thousand improbable characters does not underflow", "[tokenizers]") {
  const PrefixTrie trie = trie_of({"a", "b"});
  const std::vector<double> probabilities = {1e-12, 0.5};
  const std::string word = std::string(500, 'a') + std::string(500, 'b');
  UnigramLattice lattice;
  std::vector<double> expected(2);
  lattice.fill(word, trie, probabilities);
  CHECK(lattice.add_expected(2, expected) == Approx(500 * (std::log(1e-12) + std::log(0.5))));
  CHECK(expected[0] == Approx(1000));
  CHECK(expected[1] == Approx(1000));
}

TEST_CASE("The best way can do without a token", "[tokenizers]") {
  const PrefixTrie trie = trie_of(kTokens);
  std::vector<double> logarithms;
  for (const double p : kProbabilities) logarithms.push_back(std::log(p));
  UnigramLattice lattice;
  lattice.fill("aba", trie, kProbabilities);
  CHECK(lattice.best(logarithms) == std::vector<int32_t>{4});
  CHECK(lattice.best(logarithms, 4) == std::vector<int32_t>{2, 0});
  lattice.fill("a", trie, kProbabilities);
  CHECK(lattice.best(logarithms, 0).empty());
}

TEST_CASE("Seeds are stretches that come again, by what they cover", "[tokenizers]") {
  std::map<std::string, uint64_t> seeds;
  for (const Seed& seed : unigram_seeds({{"banana", 1}, {"bandana", 1}, {"zz", 5}, {"once", 1}}, 16, 100))
    seeds[seed.text] = seed.count;
  CHECK(seeds == std::map<std::string, uint64_t>{{"ana", 3}, {"an", 4}, {"na", 3}, {"ban", 2}, {"zz", 5}});
  CHECK(unigram_seeds({{"banana", 9}}, 3, 1).size() == 1);
}

TEST_CASE("Words that come often become tokens of their own", "[tokenizers]") {
  const std::vector<CountedWord> words = {{"abcab", 50}, {"abc", 30}, {"cab", 20}, {"bca", 1}};
  const std::vector<CountedCharacter> alphabet = covering_characters(words, 1);
  const auto tokens = train_unigram(words, alphabet, 6, {.kind = TokenizerKind::unigram});
  REQUIRE(tokens.size() <= 6);
  double sum = 0;
  std::map<std::string, double> score;
  for (const auto& [text, logarithm] : tokens) sum += std::exp(score[text] = logarithm);
  CHECK(sum < 1.01);
  for (const char* text : {"a", "b", "c", "abcab", "abc", "cab"}) CHECK(score.count(text) == 1);
  CHECK(tokens.front().first == "abcab");
}

TEST_CASE("Rare characters are left to others", "[tokenizers]") {
  const std::vector<CountedWord> words = {{"aab", 10}, {"axa", 1}, {"b\xFFx", 1}};
  const std::vector<CountedCharacter> alphabet = covering_characters(words, 0.9);
  REQUIRE(alphabet.size() == 2);
  CHECK(alphabet[0].point == 'a');
  const std::vector<CountedWord> covered = covered_words(words, alphabet);
  REQUIRE(covered.size() == 4);
  CHECK((covered[0].text == "a" && !covered[0].continues));
  CHECK((covered[1].text == "a" && covered[1].continues));
  CHECK(covered[2].text == "aab");
  CHECK(covered[3].text == "b");
}

}  // namespace graft
