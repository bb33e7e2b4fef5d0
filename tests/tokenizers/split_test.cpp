// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/split.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "graft/error.hpp"
#include "support/utf8.hpp"

namespace graft {
namespace {

std::vector<std::string> pieces(const Splitter& splitter, std::string_view text) {
  std::vector<std::string> all;
  splitter.split(text, [&](std::string_view piece) { all.emplace_back(piece); });
  return all;
}

// Characters that the patterns treat apart, in random order.
std::string random_text(std::mt19937& random) {
  constexpr char32_t kCharacters[] = {'a',  'Z',  's',   't',     'l',    'L',    'v',    'E',    'e',  'r',
                                      'd',  'm',  '\'',  ' ',     ' ',    ' ',    '\n',   '\r',   '\t', '1',
                                      '2',  '9',  '.',   '-',     '_',    0xE9,   0x4F60, 0x0661, 0xBD, 0x3000,
                                      0xA0, 0x85, 0x301, 0x1F600, 0x200D, 0x2028, 0xFF01, 0x17F};
  std::string text;
  const size_t length = random() % 24;
  for (size_t i = 0; i < length; ++i) append_utf8(text, kCharacters[random() % std::size(kCharacters)]);
  return text;
}

}  // namespace

TEST_CASE("Splitters written by hand cut where their patterns match", "[tokenizers]") {
  const std::string expression = GENERATE(
      as<std::string>(), R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)");
  const auto by_hand = pattern_splitter(expression, SplitBehavior::isolated, false, "test");
  // In brackets the text is no longer one that is recognised.
  const auto by_pcre = pattern_splitter("(?:" + expression + ")", SplitBehavior::isolated, false, "test");
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_text(random);
    INFO(text);
    REQUIRE(pieces(*by_hand, text) == pieces(*by_pcre, text));
  }
}

TEST_CASE("Broken UTF-8 is split without loss", "[tokenizers]") {
  std::mt19937 random(11);
  const auto splitters = {gpt2_splitter, +[] { return cl100k_splitter(3); }, +[] { return digits_splitter(true); }};
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random());
    for (const auto make : splitters) {
      std::string joined;
      for (const std::string& piece : pieces(*make(), text)) joined += piece;
      REQUIRE(joined == text);
    }
  }
}

TEST_CASE("Matches are kept, left out, or joined to a neighbour", "[tokenizers]") {
  using Pieces = std::vector<std::string>;
  const auto split = [](SplitBehavior behavior, bool invert = false) {
    return pieces(*literal_splitter("-", behavior, invert, "test"), "the-final--countdown");
  };
  CHECK(split(SplitBehavior::isolated) == Pieces{"the", "-", "final", "-", "-", "countdown"});
  CHECK(split(SplitBehavior::removed) == Pieces{"the", "final", "countdown"});
  CHECK(split(SplitBehavior::merged_with_previous) == Pieces{"the-", "final-", "-", "countdown"});
  CHECK(split(SplitBehavior::merged_with_next) == Pieces{"the", "-final", "-", "-countdown"});
  CHECK(split(SplitBehavior::contiguous) == Pieces{"the", "-", "final", "--", "countdown"});
  CHECK(split(SplitBehavior::removed, true) == Pieces{"-", "-", "-"});
}

TEST_CASE("Digits stand alone or together", "[tokenizers]") {
  using Pieces = std::vector<std::string>;
  CHECK(pieces(*digits_splitter(true), "ab12c") == Pieces{"ab", "1", "2", "c"});
  CHECK(pieces(*digits_splitter(false), "ab12c") == Pieces{"ab", "12", "c"});
}

TEST_CASE("A pattern that does not compile or does not end is an error", "[tokenizers]") {
  CHECK_THROWS_AS(pattern_splitter("(", SplitBehavior::isolated, false, "x.json: pre_tokenizer"), FileError);
  const auto slow = pattern_splitter("(a+)+$", SplitBehavior::isolated, false, "x.json: pre_tokenizer");
  CHECK_THROWS_AS(pieces(*slow, std::string(40, 'a') + "!"), ResourceError);
}

}  // namespace graft
