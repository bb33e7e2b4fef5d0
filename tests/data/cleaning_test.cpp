// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "graft/cleaning.hpp"
#include "graft/error.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

Dataset texts(std::vector<std::string> all) {
  std::vector<Example> examples;
  for (std::string& text : all) examples.push_back({.text = std::move(text)});
  return Dataset::from(std::move(examples));
}

std::string cleaned(const std::string& text) { return clean(texts({text})).data[0].text; }

TEST_CASE("clean repairs text that was read with the wrong code page") {
  CHECK(cleaned("caf\u00c3\u00a9 \u00e2\u20ac\u201cok") == "caf\u00e9 \u2013ok");
  CHECK(cleaned("caf\u00e9 \u4e2d\u6587 \u201cquoted\u201d") == "caf\u00e9 \u4e2d\u6587 \u201cquoted\u201d");
  CHECK(cleaned("\ufeffone \r\ntwo\rthree\u0007  ") == "one\ntwo\nthree");
}

TEST_CASE("clean removes equal, nearly equal, empty and long texts, and says why") {
  const std::string sentence = "The parcel left the depot on Monday morning and will arrive within three working days.";
  const auto [data, report] = clean(texts({sentence,
                                           "  the PARCEL left the depot on Monday morning and will arrive "
                                           "within three working days.",
                                           sentence + "!", "   ", std::string(500, 'x'), "Something else entirely."}),
                                    {.longest = 400});
  REQUIRE(data.size() == 2);
  CHECK(data[1].text == "Something else entirely.");
  CHECK(report.duplicates == 1);
  CHECK(report.near_duplicates == 1);
  CHECK(report.empty == 1);
  CHECK(report.too_long == 1);
  REQUIRE(report.removed.size() == 4);
  CHECK(report.removed[0] == "example 2: repeats example 1");
  CHECK(report.to_markdown().find("| kept | 2 |") != std::string::npos);
}

TEST_CASE("near duplicates are found in Chinese, and different texts stay") {
  const auto [data, report] =
      clean(texts({"我们的包裹在星期一早上离开了仓库，预计三个工作日之内送到您的手中，请耐心等待。",
                   "我们的包裹在星期一早上离开了仓库，预计三个工作日之内送到您的手中，请耐心等待！",
                   "这家餐厅的菜很好吃，服务也不错，下次还会再来，推荐给大家。"}));
  CHECK(data.size() == 2);
  CHECK(report.near_duplicates == 1);
}

TEST_CASE("personal data is masked where the check digits hold") {
  std::map<std::string, size_t> masked;
  CHECK(mask_personal_data("Write to ann.lee+x@mail.example.org or call +44 20 7946 0958.", &masked) ==
        "Write to <email> or call <phone>.");
  CHECK(mask_personal_data("Card 4111 1111 1111 1111, not 4111 1111 1111 1112.", &masked) ==
        "Card <card>, not 4111 1111 1111 1112.");
  CHECK(mask_personal_data("身份证11010519491231002X，不是110105194912310021。") ==
        "身份证<identity>，不是110105194912310021。");
  CHECK(mask_personal_data("手机13812345678，座机010-62345678") == "手机<phone>，座机<phone>");
  CHECK(mask_personal_data("GB82 WEST 1234 5698 7654 32 and GB82 WEST 1234 5698 7654 33") ==
        "<iban> and GB82 WEST 1234 5698 7654 33");
  CHECK(mask_personal_data("Order 123456789, 078-05-1120, version 1.2.3, 2024-11-24") ==
        "Order 123456789, <ssn>, version 1.2.3, 2024-11-24");
  CHECK(masked == std::map<std::string, size_t>{{"card", 1}, {"email", 1}, {"phone", 1}});
}

TEST_CASE("clean masks every part of an example and leaves labelled spans alone") {
  Example chat{.messages = {{"user", "I am a@b.org"}, {"assistant", "Hello"}}};
  Example tagged{.text = "I am a@b.org too", .spans = {{5, 12, "MAIL"}}};
  const auto [data, report] = clean(Dataset::from(std::vector{chat, tagged}), {.mask_personal = true});
  CHECK(data[0].messages[0].content == "I am <email>");
  CHECK(data[1].text == tagged.text);
  CHECK(report.masked_examples == 1);
}

TEST_CASE("leaks between two sets are found with their similarity") {
  const Dataset train = texts({"Shares fell after the profit warning of the company on Tuesday.", "Rates were kept."});
  const Dataset held_out =
      texts({"Nothing of the kind.", "Shares fell after the profit warning of the company on Tuesday"});
  const std::vector<Leak> leaks = find_leaks(train, held_out);
  REQUIRE(leaks.size() == 1);
  CHECK(leaks[0].example == 1);
  CHECK(leaks[0].other == 0);
  CHECK(leaks[0].similarity > 0.9f);
  CHECK_THROWS_AS(find_leaks(train, held_out, 0), ArgumentError);
}

TEST_CASE("a saved dataset reads as it was") {
  const TemporaryFolder folder;
  const std::vector<Example> examples = {{.messages = {{"user", "Hi"}, {"assistant", "\"Hello\"\n"}}},
                                         {.prompt = "2 + 2 =", .completion = " 4"},
                                         {.text = "one", .second = "two", .labels = {"a", "b"}},
                                         {.text = "Who?", .second = "It was Ann.", .spans = {{7, 10, "answer"}}},
                                         {.text = "plain"}};
  Dataset::from(examples).save(folder.path() / "rows.jsonl");
  const Dataset read = Dataset::jsonl(folder.path() / "rows.jsonl");
  REQUIRE(read.size() == examples.size());
  for (size_t i = 0; i < examples.size(); ++i) CHECK(read[i] == examples[i]);
}

}  // namespace
}  // namespace graft
