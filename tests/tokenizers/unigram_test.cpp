// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/unigram.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

namespace graft {
namespace {

TextTable table_of(const std::vector<std::string>& texts) {
  TextTable table;
  for (const std::string& text : texts) table.add(text);
  table.finish();
  return table;
}

// The best sum of scores over all ways to cut the text, by trying them all.
double best_score(const std::string& text, size_t at, const std::vector<std::string>& tokens,
                  const std::vector<double>& scores) {
  if (at == text.size()) return 0;
  double best = -1e9;
  for (size_t id = 0; id < tokens.size(); ++id)
    if (text.compare(at, tokens[id].size(), tokens[id]) == 0)
      best = std::max(best, scores[id] + best_score(text, at + tokens[id].size(), tokens, scores));
  return best;
}

}  // namespace

TEST_CASE("The way of the highest score is found", "[tokenizers]") {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> tokens = {"a", "b"};
    for (int i = 0; i < 12; ++i) {
      std::string token(2 + random() % 3, 'a');
      for (char& c : token) c = static_cast<char>('a' + random() % 2);
      if (std::find(tokens.begin(), tokens.end(), token) == tokens.end()) tokens.push_back(token);
    }
    std::vector<double> scores;
    for (size_t id = 0; id < tokens.size(); ++id) scores.push_back(-1.0 - random() % 1000 / 100.0);
    const TextTable table = table_of(tokens);
    const Unigram model(table, {.scores = scores});
    std::string text(14, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 2);
    TokenRun run;
    model.encode(text, run);
    double score = 0;
    std::string joined;
    for (const int32_t id : run.ids) {
      score += scores[static_cast<size_t>(id)];
      joined += tokens[static_cast<size_t>(id)];
    }
    CHECK(joined == text);
    CHECK(score == Approx(best_score(text, 0, tokens, scores)));
  }
}

TEST_CASE("Unknown characters side by side are one token, or their bytes", "[tokenizers]") {
  const TextTable table = table_of({"?", "a"});
  const Unigram model(table, {.scores = {0, -1}, .unknown = 0});
  TokenRun run(0, true);
  const std::string_view text = "a\u4F60\u597Da";
  model.encode(text, run);
  CHECK(run.ids == std::vector<int32_t>{1, 0, 1});
  CHECK(run.places[1].bytes == text.data() + 1);
  CHECK(run.places[1].length == 6);
  ByteTokens bytes;
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<int32_t>(1000 + i);
  const Unigram by_bytes(table, {.scores = {0, -1}, .unknown = 0, .fallback = bytes});
  TokenRun spelled;
  by_bytes.encode("a\xC3\xA9", spelled);
  CHECK(spelled.ids == std::vector<int32_t>{1, 0xC3 + 1000, 0xA9 + 1000});
}

TEST_CASE("A million letters without a space take no quadratic time", "[tokenizers]") {
  const TextTable table = table_of({"a", "aa", "aaa"});
  const Unigram model(table, {.scores = {-3, -4, -5}});
  TokenRun run;
  model.encode(std::string(1'000'000, 'a'), run);
  CHECK(run.ids.size() == 333334);
}

}  // namespace graft
