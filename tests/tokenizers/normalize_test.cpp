// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/normalize.hpp"

#include <catch2/catch.hpp>

#include "graft/error.hpp"

namespace graft {
namespace {

std::string normalized(const Normalizer& normalizer, std::string_view text) {
  NormalizedText result(text, false);
  normalizer.apply(result);
  return result.text;
}

}  // namespace

TEST_CASE("The four Unicode forms", "[tokenizers]") {
  const std::string text = "\u00C5 A\u030A \uFB01 \u1E9B\u0323 \u1112\u1161\u11AB";
  CHECK(normalized(*unicode_normalizer(UnicodeForm::nfc), text) == "\u00C5 \u00C5 \uFB01 \u1E9B\u0323 \uD55C");
  CHECK(normalized(*unicode_normalizer(UnicodeForm::nfd), text) ==
        "A\u030A A\u030A \uFB01 \u017F\u0323\u0307 \u1112\u1161\u11AB");
  CHECK(normalized(*unicode_normalizer(UnicodeForm::nfkc), text) == "\u00C5 \u00C5 fi \u1E69 \uD55C");
  CHECK(normalized(*unicode_normalizer(UnicodeForm::nfkd), text) ==
        "A\u030A A\u030A fi s\u0323\u0307 \u1112\u1161\u11AB");
}

TEST_CASE("NFC leaves alone what it would not change", "[tokenizers]") {
  const auto nfc = unicode_normalizer(UnicodeForm::nfc);
  for (const char* text : {"plain", "caf\u00E9", "\u4F60\u597D", "\uD55C\uAE00", "\u0416"}) CHECK(nfc->leaves(text));
  for (const char* text : {"cafe\u0301", "\u1112\u1161", "\uF900", "\u2126", "\xFF"}) CHECK_FALSE(nfc->leaves(text));
}

TEST_CASE("Every byte knows where it comes from", "[tokenizers]") {
  NormalizedText text("xA\u030Az", true);
  unicode_normalizer(UnicodeForm::nfc)->apply(text);
  REQUIRE(text.text == "x\u00C5z");
  REQUIRE(text.origins.size() == 4);
  CHECK(text.origins[0].begin == 0);
  CHECK(text.origins[1].begin == 1);  // the ring is composed into the letter
  CHECK(text.origins[2].end == 2);
  CHECK(text.origins[3].begin == 4);

  NormalizedText longer("ab", true);
  replace_normalizer("a", false, "xyz", "test")->apply(longer);
  REQUIRE(longer.text == "xyzb");
  CHECK(longer.origins[2].begin == 0);
  CHECK(longer.origins[3].begin == 1);
}

TEST_CASE("Case, white space, marks and replacements", "[tokenizers]") {
  CHECK(normalized(*lowercase_normalizer(), "\u00C4B\u0130") == "\u00E4bi\u0307");
  CHECK(normalized(*strip_normalizer(true, true), " \u3000a b\n") == "a b");
  CHECK(normalized(*strip_normalizer(false, true), " a ") == " a");
  CHECK(normalized(*strip_normalizer(true, true), "  ").empty());
  CHECK(normalized(*strip_accents_normalizer(), "e\u0301a") == "ea");
  CHECK(normalized(*prepend_normalizer("_"), "a") == "_a");
  CHECK(normalized(*replace_normalizer("a+", true, "b", "test"), "caaat") == "cbt");
}

TEST_CASE("A text that would grow without measure is refused", "[tokenizers]") {
  std::vector<std::unique_ptr<Normalizer>> steps;
  for (int i = 0; i < 12; ++i) steps.push_back(replace_normalizer("a", false, "aaaaaaaaaa", "x.json: normalizer"));
  CHECK_THROWS_AS(normalized(*sequence_normalizer(std::move(steps), "x.json: normalizer"), "a"), ResourceError);
}

}  // namespace graft
