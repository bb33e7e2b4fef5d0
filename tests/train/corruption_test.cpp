// SPDX-License-Identifier: Apache-2.0
#include "train/corruption.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <set>

#include "train/replaced_tokens.hpp"

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
  const Corruption::Kind kind = GENERATE(Corruption::Kind::words, Corruption::Kind::spans, Corruption::Kind::infilling);
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

TEST_CASE("A mask stands for each hidden span, and the target is the whole text", "[train]") {
  const Corruption corruption = hiding({.share = 0.3f, .mean_span = 3}, Corruption::Kind::infilling);
  size_t hidden = 0, masks = 0;
  for (int i = 0; i < 100; ++i) {
    const TokenRow row = text(100, i), result = corrupt(row, corruption, {5, 6, uint64_t(i)});
    CHECK(result.target == row.ids);
    CHECK(result.ids.front() == 2);
    CHECK(result.ids.back() == 3);
    size_t at = 0;  // what is left stands in the order of the text
    for (const int32_t id : result.ids) {
      masks += id == kMask;
      while (id != kMask && at < row.ids.size() && row.ids[at] != id) ++at;
    }
    CHECK(at < row.ids.size());
    const size_t left = result.ids.size() - size_t(std::count(result.ids.begin(), result.ids.end(), kMask));
    CHECK(row.ids.size() - left == 30);
    hidden += 30;
  }
  CHECK(double(hidden) / double(masks) == Approx(3).margin(0.3));  // the last span of a row is cut
}

TEST_CASE("Sentences change their places and stay whole", "[train]") {
  Corruption corruption = hiding({.share = 0}, Corruption::Kind::infilling);
  corruption.tokens.ends_sentence.assign(kWords, false);
  corruption.tokens.ends_sentence[10] = true;
  const TokenRow row{.ids = {2, 20, 21, 10, 30, 10, 40, 41, 42, 10, 50, 3}};
  std::set<std::vector<int32_t>> orders;
  for (uint64_t i = 0; i < 40; ++i) {
    const std::vector<int32_t> ids = corrupt(row, corruption, {1, 1, i}).ids;
    REQUIRE(ids.size() == row.ids.size());
    for (const std::vector<int32_t>& sentence : {std::vector<int32_t>{20, 21, 10}, {30, 10}, {40, 41, 42, 10}, {50}})
      CHECK(std::search(ids.begin(), ids.end(), sentence.begin(), sentence.end()) != ids.end());
    orders.insert(ids);
  }
  CHECK(orders.size() > 12);  // of 24
}

TEST_CASE("Replaced tokens are labelled where they are others", "[train]") {
  const Corruption corruption = hiding({.share = 0.3f}, Corruption::Kind::replaced);
  const TokenRow row = text(100, 1);
  const TokenRow* const rows[] = {&row, &row};
  const size_t numbers[] = {4, 5};
  const std::vector<TokenRow> replaced = replaced_tokens(rows, numbers, corruption, nullptr, 512, {1, 2, 0});
  REQUIRE(replaced.size() == 2);
  CHECK(replaced[0].ids != replaced[1].ids);
  for (const TokenRow& one : replaced) {
    REQUIRE(one.token_labels.size() == row.ids.size());
    for (size_t at = 0; at < row.ids.size(); ++at) {
      CHECK(one.token_labels[at] == int(one.ids[at] != row.ids[at]));
      CHECK((one.ids[at] >= kSpecials || one.ids[at] == row.ids[at]));
    }
    CHECK(std::accumulate(one.token_labels.begin(), one.token_labels.end(), 0) == Approx(30).margin(1));
  }
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
