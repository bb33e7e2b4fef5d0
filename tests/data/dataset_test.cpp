// SPDX-License-Identifier: Apache-2.0
#include "graft/dataset.hpp"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

Example text_example(std::string text) { return {{}, {}, {}, std::move(text)}; }

// "0" to "n - 1".
Dataset numbered(size_t n) {
  size_t next = 0;
  return Dataset::from([&]() -> std::optional<Example> {
    if (next == n) return std::nullopt;
    return text_example(std::to_string(next++));
  });
}

std::vector<std::string> texts(const Dataset& data) {
  std::vector<std::string> result;
  for (size_t i = 0; i < data.size(); ++i) result.push_back(data[i].text);
  return result;
}

}  // namespace

TEST_CASE("chat rows are read", "[data]") {
  const TemporaryFolder folder;
  const auto path = folder.file(
      "a.jsonl",
      R"({"messages": [{"role": "user", "content": "Hi", "name": "x"}, {"role": "assistant", "content": ""}], "id": 3})"
      "\n\n"
      R"({"messages": [{"role": "system", "content": "s"}]})");
  const Dataset data = Dataset::chat(path);
  REQUIRE(data.size() == 2);
  CHECK(data[0].form() == ExampleForm::chat);
  CHECK(data[0].messages == std::vector<Message>{{"user", "Hi"}, {"assistant", ""}});
  CHECK(data[1].messages.front().role == "system");
  CHECK(data.where(1) == path.string() + ":3");
}

TEST_CASE("completions and texts are read, and told apart by their fields", "[data]") {
  const TemporaryFolder folder;
  const auto completions = folder.file("a.jsonl", R"({"prompt": "1+1=", "completion": "2"})");
  CHECK(Dataset::completions(completions)[0] == Example{{}, "1+1=", "2", {}});
  const auto mixed = folder.file("b.jsonl", R"({"text": "t"}
{"prompt": "p", "completion": "c", "text": "ignored"}
{"messages": [{"role": "user", "content": "u"}], "prompt": "ignored"})");
  const Dataset data = Dataset::jsonl(mixed);
  REQUIRE(data.size() == 3);
  CHECK(data[0] == text_example("t"));
  CHECK(data[1].form() == ExampleForm::completion);
  CHECK(data[1].text.empty());
  CHECK(data[2].form() == ExampleForm::chat);
  CHECK(data[2].prompt.empty());
  CHECK(texts(Dataset::text(folder.file("c.jsonl", "{\"text\": \"t\"}\n"))) == std::vector<std::string>{"t"});
}

TEST_CASE("a plain text file is one document, or many", "[data]") {
  const TemporaryFolder folder;
  const auto path = folder.file("a.txt", "\xEF\xBB\xBF\r\n one\r\ntwo\r\n\r\n\r\n{\"three\"}\n\n");
  CHECK(texts(Dataset::text(path)) == std::vector<std::string>{" one\ntwo\n\n\n{\"three\"}"});
  const Dataset documents = Dataset::text(path, {.split_at_blank_lines = true});
  CHECK(texts(documents) == std::vector<std::string>{" one\ntwo", "{\"three\"}"});
  CHECK(documents.where(1) == path.string() + ":6");
}

TEST_CASE("files are refused by line and field", "[data]") {
  const TemporaryFolder folder;
  const auto chat = [&](const char* text) {
    return refusal([&] {
      Dataset::chat(
          folder.file("a.jsonl", std::string("{\"messages\": [{\"role\": \"u\", \"content\": \"c\"}]}\n") + text));
    });
  };
  CHECK_THAT(chat("{}"), EndsWith("a.jsonl:2: \"messages\" is missing"));
  CHECK_THAT(chat(R"({"messages": {}})"),
             EndsWith(":2: \"messages\" is an object, expected an array of at least one message"));
  CHECK_THAT(chat(R"({"messages": []})"), Contains("at least one message"));
  CHECK_THAT(chat(R"({"messages": [{"role": "u", "content": "c"}, {"role": "u"}]})"),
             EndsWith("a.jsonl:2: message 2: \"content\" is missing"));
  CHECK_THAT(chat(R"({"messages": [{"role": "u", "content": 5}]})"), EndsWith("\"content\" is 5, expected a string"));
  CHECK_THAT(chat(R"({"messages": [{"role": "", "content": "c"}]})"), EndsWith("\"role\" is \"\", expected a name"));
  CHECK_THAT(chat("{\"messages\": [{\"rol"), Contains("a.jsonl:2: ") && EndsWith("may have been cut"));

  const auto rows = [&](auto load, const char* text) { return refusal([&] { load(folder.file("b.jsonl", text)); }); };
  CHECK_THAT(rows(Dataset::completions, R"({"prompt": "p"})"), EndsWith("b.jsonl:1: \"completion\" is missing"));
  CHECK_THAT(rows(Dataset::completions, R"({"prompt": "", "completion": ""})"), EndsWith("expected some text"));
  CHECK_THAT(rows(Dataset::jsonl, R"({"question": "p"})"), Contains("b.jsonl:1: has neither \"messages\" nor"));
  CHECK_THAT(rows(Dataset::jsonl, R"({"text": ""})"), EndsWith("\"text\" is \"\", expected some text"));
  CHECK_THAT(rows(Dataset::jsonl, "\n"), EndsWith("b.jsonl: holds no example"));
  CHECK_THAT(refusal([&] { Dataset::text(folder.file("c.txt", "a\n\xFF\n")); }), EndsWith("c.txt:2: is not UTF-8"));
  CHECK_THAT(refusal([&] { Dataset::jsonl(folder.path() / "none"); }), Contains("No such file"));
}

TEST_CASE("the host's examples are taken from a vector, a span and a callback", "[data]") {
  const std::vector<Example> examples = {text_example("a"), {{{"user", "b"}}, {}, {}, {}}};
  for (const Dataset& data : {Dataset::from(examples), Dataset::from(std::span<const Example>(examples))}) {
    REQUIRE(data.size() == 2);
    CHECK(data[0] == examples[0]);
    CHECK(data[1] == examples[1]);
    CHECK(data.where(1) == "example 2");
  }
  CHECK(texts(numbered(3)) == std::vector<std::string>{"0", "1", "2"});
  CHECK(numbered(0).empty());
  CHECK_THROWS_AS(numbered(3)[3], ArgumentError);
}

TEST_CASE("examples without a clear form are refused by number", "[data]") {
  const auto refused = [](Example example) {
    return refusal<ArgumentError>([&] { Dataset::from({text_example("good"), std::move(example)}); });
  };
  CHECK_THAT(refused({}), Contains("example 2 has no form"));
  CHECK_THAT(refused({{}, "p", "c", "t"}), Contains("example 2 has more than one form"));
  CHECK_THAT(refused({{{"", "c"}}, {}, {}, {}}), Contains("example 2: message 1 has no role"));
  CHECK_THAT(refused(text_example("\xFF")), Contains("example 2 has text that is not UTF-8"));
}

TEST_CASE("a shuffle depends on the seed alone and loses nothing", "[data]") {
  const Dataset data = numbered(100);
  CHECK(texts(data.shuffled(3)) == texts(data.shuffled(3)));
  CHECK(texts(data.shuffled(3)) != texts(data.shuffled(4)));
  auto sorted = texts(data.shuffled(3)), all = texts(data);
  CHECK(sorted != all);
  std::sort(sorted.begin(), sorted.end());
  std::sort(all.begin(), all.end());
  CHECK(sorted == all);
  CHECK(texts(numbered(8).shuffled()) == std::vector<std::string>{"7", "5", "1", "6", "3", "2", "0", "4"});
  CHECK(data.shuffled(3).where(0) == "example " + std::to_string(std::stoi(data.shuffled(3)[0].text) + 1));
  CHECK(texts(data.take(2)) == std::vector<std::string>{"0", "1"});
  CHECK(data.take(1000).size() == 100);
}

TEST_CASE("a split has no example on both sides, not even as a copy", "[data]") {
  std::vector<Example> examples;
  for (int i = 0; i < 60; ++i) examples.push_back(text_example(std::to_string(i % 20)));
  const auto [train, held_out] = Dataset::from(examples).split(0.9);
  CHECK(train.size() == 18);
  CHECK(held_out.size() == 2);
  CHECK(train.duplicates_removed() == 40);
  CHECK(held_out.duplicates_removed() == 40);
  auto all = texts(train);
  CHECK(
      std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); }));
  for (const std::string& text : texts(held_out)) {
    CHECK(std::find(all.begin(), all.end(), text) == all.end());
    all.push_back(text);
  }
  CHECK(all.size() == 20);
}

TEST_CASE("a split follows its seed and keeps both sides filled", "[data]") {
  const Dataset data = numbered(50);
  CHECK(texts(data.split(0.5, 1).train) == texts(data.split(0.5, 1).train));
  CHECK(texts(data.split(0.5, 1).train) != texts(data.split(0.5, 2).train));
  CHECK(data.split(0.999).held_out.size() == 1);
  CHECK(data.split(0.001).train.size() == 1);
  CHECK(data.split(0.5).train.duplicates_removed() == 0);
  for (const double fraction : {0.0, 1.0, -1.0, std::nan("")}) CHECK_THROWS_AS(data.split(fraction), ArgumentError);
  CHECK_THROWS_WITH(Dataset::from({text_example("a"), text_example("a")}).split(0.5),
                    "split: 1 distinct examples, expected at least 2");
}

}  // namespace graft
