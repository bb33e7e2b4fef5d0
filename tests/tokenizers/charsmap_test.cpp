// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/charsmap.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "graft/error.hpp"
#include "support/base64.hpp"
#include "tokenizers/normalize_sentencepiece.hpp"
#include "tokenizers/read_lines.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;

// Full-width forms, a ligature, an e with its accent apart, spaces of other kinds.
std::string charsmap() {
  const std::string path = golden_path("tokenizers/unigram-charsmap/tokenizer.json");
  const Json json = parse_json(read_text(path), path);
  return from_base64(json["normalizer"]["precompiled_charsmap"].get<std::string>()).value();
}

std::string normalized(const Normalizer& normalizer, std::string_view text) {
  NormalizedText result(text, true);
  normalizer.apply(result);
  CHECK(result.origins.size() == result.text.size());
  return result.text;
}

}  // namespace

TEST_CASE("Characters are replaced as the table says", "[tokenizers]") {
  const auto longest = charsmap_normalizer(charsmap(), "x");
  const auto by_cluster = precompiled_normalizer(charsmap(), "x");
  for (const auto* normalizer : {longest.get(), by_cluster.get()}) {
    CHECK(normalized(*normalizer, "\uFF21\uFF22 \uFB01ne\u2026") == "AB fine...");
    CHECK(normalized(*normalizer, "a\tb\u3000c\u200Bd") == "a b cd");
    CHECK(normalized(*normalizer, "cafe\u0301") == "caf\u00E9");
    CHECK(normalized(*normalizer, "\u4F60\u597D") == "\u4F60\u597D");
    CHECK(normalizer->leaves("plain text"));
    CHECK_FALSE(normalizer->leaves("tab\t"));
  }
  NormalizedText text("x\uFB01y", true);
  longest->apply(text);
  REQUIRE(text.text == "xfiy");
  CHECK(text.origins[1].begin == 1);
  CHECK(text.origins[2].end == 4);
  CHECK(text.origins[3].begin == 4);
}

TEST_CASE("A damaged table is refused, or does no harm", "[tokenizers]") {
  const std::string whole = charsmap();
  CHECK_THROWS_WITH(charsmap_normalizer("ab", "x.model: normalizer"), Contains("precompiled_charsmap"));
  CHECK_THROWS_AS(charsmap_normalizer(std::string_view(whole).substr(0, whole.size() / 2), "x"), FileError);
  std::mt19937 random(4);
  for (int i = 0; i < 500; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 20; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    try {
      const auto normalizer = charsmap_normalizer(damaged, "x");
      std::string text(60, '\0');
      for (char& c : text) c = static_cast<char>(random());
      normalized(*normalizer, text);
    } catch (const FileError&) {
    }
  }
}

TEST_CASE("SentencePiece's spaces become marks", "[tokenizers]") {
  const auto with = [](bool adds, bool removes, std::string_view text) {
    return normalized(*sentencepiece_normalizer({.adds_prefix = adds, .removes_extra_spaces = removes}, "x"), text);
  };
  CHECK(with(true, true, "  a   b ") == "\u2581a\u2581b");
  CHECK(with(true, false, " a  b ") == "\u2581\u2581a\u2581\u2581b\u2581");
  CHECK(with(false, false, "a b") == "a\u2581b");
  CHECK(with(true, true, "   ").empty());
  CHECK(with(true, false, "").empty());
}

TEST_CASE("Base64", "[support]") {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xFF\x01\xFE!"}) CHECK(from_base64(to_base64(bytes)) == bytes);
  CHECK(to_base64("ab") == "YWI=");
  for (const char* wrong : {"YWI", "Y===", "YW!=", "=YWI"}) CHECK_FALSE(from_base64(wrong));
}

}  // namespace graft
