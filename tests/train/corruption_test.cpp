// SPDX-License-Identifier: Apache-2.0
#include "train/corruption.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <set>

namespace graft {
namespace {

constexpr int32_t kMask = 4, kWords = 200, kSpecials = 5;

// Ids 0 to 4 are special; every third id from 100 on goes on with a word.
Corruption hiding(CorruptionOptions options, Corruption::Kind kind = Corruption::Kind::words) {
  Corruption corruption{.kind = kind, .options = options, .tokens = {}};
  corruption.tokens.mask = kMask;
  corruption.tokens.vocabulary = kWords;
  for (int32_t id = 0; id < kWords; ++id) {
    corruption.tokens.special.push_back(id < kSpecials);
    corruption.tokens.continues.push_back(id >= 100 && id % 3 == 0);
  }
  for (int32_t i = 0; i < 30; ++i) corruption.tokens.sentinels.push_back(1000 + i);
  corruption.tokens.end = 1;
  return corruption;
}

TokenRow text(int count, int seed) {
  TokenRow row{.ids = {2}};
  for (int i = 0; i < count; ++i) row.ids.push_back(kSpecials + (i * 37 + seed * 101) % (kWords - kSpecials));
  row.ids.push_back(3);
  return row;
}

}  // namespace

TEST_CASE("Of the hidden words four fifths become the mask, a tenth another one and a tenth stay", "[train]") {
  const Corruption corruption = hiding({.share = 0.15f});
  int hidden = 0, masked = 0, kept = 0, tokens = 0;
  for (int i = 0; i < 400; ++i) {
    const TokenRow row = text(100, i), result = corrupt(row, corruption, {.seed = 7, .step = 3, .row = uint64_t(i)});
    REQUIRE(result.ids.size() == row.ids.size());
    tokens += 100;
    for (size_t at = 0; at < row.ids.size(); ++at) {
      if (result.token_labels[at] < 0) {
        CHECK(result.ids[at] == row.ids[at]);
        continue;
      }
      CHECK(result.token_labels[at] == row.ids[at]);
      CHECK(row.ids[at] >= kSpecials);
      CHECK((result.ids[at] == kMask || result.ids[at] >= kSpecials));
      ++hidden;
      masked += result.ids[at] == kMask;
      kept += result.ids[at] == row.ids[at];
    }
  }
  CHECK(double(hidden) / tokens == Approx(0.15).epsilon(0.01));
  CHECK(double(masked) / hidden == Approx(0.8).margin(0.02));
  CHECK(double(kept) / hidden == Approx(0.1).margin(0.015));
}

TEST_CASE("What is hidden depends on seed, step and row alone", "[train]") {
  const Corruption::Kind kind = GENERATE(Corruption::Kind::words, Corruption::Kind::spans);
  const Corruption corruption = hiding({}, kind);
  const TokenRow row = text(60, 1);
  const auto ids = [&](CorruptionKey key) { return corrupt(row, corruption, key).ids; };
  CHECK(ids({1, 2, 3}) == ids({1, 2, 3}));
  CHECK(ids({1, 2, 3}) != ids({2, 2, 3}));
  CHECK(ids({1, 2, 3}) != ids({1, 3, 3}));
  CHECK(ids({1, 2, 3}) != ids({1, 2, 4}));
}

TEST_CASE("Whole words are hidden or seen as one", "[train]") {
  const Corruption corruption = hiding({.share = 0.3f, .whole_words = true});
  int several = 0;
  for (int i = 0; i < 50; ++i) {
    TokenRow row = text(80, i);
    const TokenRow result = corrupt(row, corruption, {1, 1, uint64_t(i)});
    for (size_t at = 2; at + 1 < row.ids.size(); ++at) {
      if (!corruption.tokens.continues[size_t(row.ids[at])]) continue;
      CHECK((result.token_labels[at] < 0) == (result.token_labels[at - 1] < 0));
      several += result.token_labels[at] >= 0;
    }
  }
  CHECK(several > 50);
}

TEST_CASE("Spans and what is left of the text make the text again", "[train]") {
  const int count = GENERATE(2, 3, 10, 57, 300);
  const Corruption corruption = hiding({.share = 0.15f, .mean_span = 3}, Corruption::Kind::spans);
  TokenRow row = text(count, 9);
  row.ids.erase(row.ids.begin());
  const TokenRow result = corrupt(row, corruption, {5, 6, 7});
  CHECK(result.target.back() == corruption.tokens.end);
  CHECK(result.ids.back() == row.ids.back());
  std::vector<int32_t> whole;
  size_t hidden = 0, spans = 0, at = 0;
  for (const int32_t id : result.ids) {
    if (id < 1000) {
      whole.push_back(id);
      continue;
    }
    REQUIRE(result.target.at(at) == id);
    CHECK(id == 1000 + int32_t(spans++));
    for (++at; at + 1 < result.target.size() && result.target[at] < 1000; ++at, ++hidden)
      whole.push_back(result.target[at]);
  }
  CHECK(whole == row.ids);
  CHECK(at + 1 == result.target.size());
  CHECK(hidden == std::max<size_t>(1, size_t(std::lround(count * 0.15))));
  CHECK(spans == std::clamp<size_t>(size_t(std::lround(double(hidden) / 3)), 1, 30));
}

TEST_CASE("A text of which nothing can be hidden stays as it is", "[train]") {
  const TokenRow special{.ids = {2, 3}}, empty{.ids = {}}, one{.ids = {17, 1}};
  CHECK(corrupt(special, hiding({}), {1, 1, 1}).ids == special.ids);
  CHECK(corrupt(special, hiding({}), {1, 1, 1}).token_labels == std::vector<int32_t>{-1, -1});
  for (const TokenRow& row : {empty, one}) {
    const TokenRow result = corrupt(row, hiding({}, Corruption::Kind::spans), {1, 1, 1});
    CHECK(result.ids == row.ids);
    CHECK(result.target.empty());
  }
}

}  // namespace graft
