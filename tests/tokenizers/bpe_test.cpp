// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/bpe.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

namespace graft {
namespace {

// A model of its own: tokens for the bytes a to d and for random merges of what is there.
struct RandomModel {
  std::vector<std::string> tokens = {"a", "b", "c", "d"};
  std::vector<Merge> merges;
  TextTable table;

  explicit RandomModel(uint32_t seed) {
    std::mt19937 random(seed);
    while (merges.size() < 40) {
      const auto left = static_cast<int32_t>(random() % tokens.size()),
                 right = static_cast<int32_t>(random() % tokens.size());
      const std::string joined = tokens[static_cast<size_t>(left)] + tokens[static_cast<size_t>(right)];
      const auto known = std::find(tokens.begin(), tokens.end(), joined);
      const auto same_pair = [&](const Merge& m) { return m.left == left && m.right == right; };
      if (joined.size() > 9 || std::any_of(merges.begin(), merges.end(), same_pair)) continue;
      merges.push_back(
          {left, right, static_cast<int32_t>(known - tokens.begin()), static_cast<uint32_t>(merges.size())});
      if (known == tokens.end()) tokens.push_back(joined);
    }
    for (const std::string& token : tokens) table.add(token);
    table.finish();
  }

  // By the definition: the earliest merge that fits anywhere, at its leftmost place, until none does.
  std::vector<int32_t> by_definition(const std::string& text) const {
    std::vector<int32_t> ids;
    for (const char c : text) ids.push_back(c - 'a');
    for (;;) {
      size_t place = ids.size(), best = merges.size();
      for (size_t i = 0; i + 1 < ids.size(); ++i)
        for (size_t m = 0; m < best; ++m)
          if (merges[m].left == ids[i] && merges[m].right == ids[i + 1]) {
            best = m;
            place = i;
          }
      if (best == merges.size()) return ids;
      ids[place] = merges[best].result;
      ids.erase(ids.begin() + static_cast<ptrdiff_t>(place) + 1);
    }
  }
};

std::string random_word(std::mt19937& random, size_t length) {
  std::string word(length, 'a');
  for (char& c : word) c = static_cast<char>('a' + random() % 4);
  return word;
}

}  // namespace

TEST_CASE("Merging is what its definition says, for short and for long pieces", "[tokenizers]") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const RandomModel model(seed);
    const Bpe bpe(model.table, model.merges, {});
    std::mt19937 random(seed + 100);
    for (const size_t length : {1, 2, 3, 5, 8, 13, 39, 40, 41, 90, 200}) {
      const std::string word = random_word(random, length);
      TokenRun run;
      bpe.encode(word, run);
      INFO(seed << " " << word);
      REQUIRE(run.ids == model.by_definition(word));
    }
  }
}

TEST_CASE("Pieces met before give the same tokens again", "[tokenizers]") {
  const RandomModel model(3);
  const Bpe bpe(model.table, model.merges, {});
  std::mt19937 random(5);
  std::string text;
  for (int i = 0; i < 400; ++i) text += random_word(random, 6);
  TokenRun remembering(text.size());
  std::vector<int32_t> expected;
  for (size_t at = 0; at < text.size(); at += 6) {
    const std::string_view piece = std::string_view(text).substr(at, 6);
    bpe.encode(piece, remembering);
    for (const int32_t id : model.by_definition(std::string(piece))) expected.push_back(id);
  }
  CHECK(remembering.ids == expected);
}

TEST_CASE("A million equal letters take no quadratic time", "[tokenizers]") {
  const RandomModel model(1);
  const Bpe bpe(model.table, model.merges, {});
  const std::string text(1'000'000, 'a');
  TokenRun run(0, true);
  bpe.encode(text, run);
  size_t length = 0;
  for (const TokenRun::Place& place : run.places) length += place.length;
  CHECK(length == text.size());
}

TEST_CASE("Bytes without a token are unknown, alone or together, or left out", "[tokenizers]") {
  TextTable tokens;
  for (const char* token : {"", "a", "b", "ab"}) tokens.add(token);
  tokens.finish();
  const std::vector<Merge> merges = {{1, 2, 3, 0}};
  const auto ids = [&](const BpeOptions& options) {
    const Bpe bpe(tokens, merges, options);
    TokenRun run;
    bpe.encode("xxabx", run);
    return run.ids;
  };
  CHECK(ids({}) == std::vector<int32_t>{3});
  CHECK(ids({.unknown = 0}) == std::vector<int32_t>{0, 0, 3, 0});
  CHECK(ids({.unknown = 0, .fuse_unknown = true}) == std::vector<int32_t>{0, 3, 0});
}

TEST_CASE("A token that no merges lead to appears only where merges are ignored", "[tokenizers]") {
  TextTable tokens;
  for (const char* token : {"a", "b", "ab", "aba"}) tokens.add(token);
  tokens.finish();
  const std::vector<Merge> merges = {{0, 1, 2, 0}};
  for (const bool ignore : {false, true}) {
    const Bpe bpe(tokens, merges, {.ignore_merges = ignore});
    TokenRun run;
    bpe.encode("aba", run);
    CHECK(run.ids == (ignore ? std::vector<int32_t>{3} : std::vector<int32_t>{2, 0}));
  }
}

}  // namespace graft
