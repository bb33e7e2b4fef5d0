// SPDX-License-Identifier: Apache-2.0
#include "graft/augment.hpp"

#include <catch2/catch.hpp>

#include "data/words.hpp"
#include "graft/error.hpp"
#include "support/message.hpp"

namespace graft {

TEST_CASE("Words are runs of letters and Chinese characters", "[data]") {
  CHECK(words_of("Don't stop: naïve “words” of 3 kinds, 你好！") ==
        std::vector<std::string_view>{"Don", "t", "stop", "naïve", "words", "of", "kinds", "你", "好"});
  CHECK(words_of("12 — 3").empty());
}

TEST_CASE("Synonyms replace words and keep what stands between them", "[data]") {
  const TextChange always = replace_synonyms({{"quick", {"fast"}}, {"fox", {"vixen"}}}, 1);
  CHECK(always("The Quick brown fox, quickly.", 1) == "The Fast brown vixen, quickly.");
  const TextChange often = replace_synonyms({{"a", {"b", "c"}}}, 0.5f);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a ";
  const std::string changed = often(many, 7);
  CHECK(std::count(changed.begin(), changed.end(), 'a') == Approx(500).margin(60));
  CHECK(std::count(changed.begin(), changed.end(), 'b') == Approx(250).margin(60));
  CHECK(often(many, 7) == changed);
  CHECK(often(many, 8) != changed);
  CHECK_THROWS_AS(replace_synonyms({{"a", {}}}), ArgumentError);
}

TEST_CASE("Augmenting changes what is asked, not what is taught", "[data]") {
  const TextChange louder = [](std::string_view text, uint64_t) { return std::string(text) + "!"; };
  const Dataset data = Dataset::from(std::vector<Example>{{.messages = {{"user", "Hi"}, {"assistant", "Hello"}}},
                                                          {.prompt = "One", .completion = "two"},
                                                          {.text = "good", .labels = {"praise"}}});
  const Dataset more = augment(data, louder, 2);
  REQUIRE(more.size() == 9);
  CHECK(more[0] == data[0]);
  CHECK(more[1].messages == std::vector<Message>{{"user", "Hi!"}, {"assistant", "Hello"}});
  CHECK(more[4].prompt == "One!");
  CHECK(more[4].completion == "two");
  CHECK(more[7].text == "good!");
  CHECK(more[7].labels == data[2].labels);
  CHECK(augment(
            data, [](std::string_view text, uint64_t) { return std::string(text); }, 3)
            .size() == 3);
  const Dataset tagged = Dataset::from(std::vector<Example>{{.text = "Ann", .spans = {{0, 3, "NAME"}}}});
  CHECK_THROWS_AS(augment(tagged, louder), ArgumentError);
}

TEST_CASE("Rare labels are repeated until all have as many examples", "[data]") {
  std::vector<Example> examples;
  for (int i = 0; i < 7; ++i) examples.push_back({.text = message("c", i), .labels = {"common"}});
  for (int i = 0; i < 3; ++i) examples.push_back({.text = message("r", i), .labels = {"rare"}});
  const Dataset even = balance_labels(Dataset::from(examples));
  REQUIRE(even.size() == 14);
  std::map<std::string, int> times;
  for (size_t i = 0; i < even.size(); ++i) ++times[even[i].text];
  CHECK(times["c0"] == 1);
  for (const char* rare : {"r0", "r1", "r2"}) CHECK((times[rare] == 2 || times[rare] == 3));
  CHECK_THROWS_AS(balance_labels(Dataset::from(std::vector<Example>{{.text = "x"}})), ArgumentError);
}

}  // namespace graft
