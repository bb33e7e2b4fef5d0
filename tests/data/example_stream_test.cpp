// SPDX-License-Identifier: Apache-2.0
#include "graft/example_stream.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "graft/error.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

ExampleStream numbers(int count, const std::string& prefix = "") {
  return ExampleStream::from([=] {
    return [=, at = 0]() mutable -> std::optional<Example> {
      if (at == count) return std::nullopt;
      return Example{.text = prefix + std::to_string(at++)};
    };
  });
}

// The texts of the first examples.
std::vector<std::string> texts(const ExampleStream& stream, size_t most = SIZE_MAX) {
  std::vector<std::string> all;
  const ExampleStream::Next next = stream.begin();
  while (all.size() < most) {
    const std::optional<Example> example = next();
    if (!example) break;
    all.push_back(example->text);
  }
  return all;
}

}  // namespace

TEST_CASE("A file is streamed row by row, as often as one likes", "[data]") {
  const TemporaryFolder folder;
  const auto path = folder.file("rows.jsonl", "{\"text\": \"one\"}\r\n\n{\"prompt\": \"a\", \"completion\": \"b\"}\n");
  const ExampleStream stream = ExampleStream::jsonl(path);
  CHECK(texts(stream) == std::vector<std::string>{"one", ""});
  CHECK(texts(stream) == texts(stream));
  const ExampleStream::Next next = stream.begin();
  next();
  CHECK(next()->completion == "b");
  CHECK_FALSE(next());
  const ExampleStream::Next broken =
      ExampleStream::jsonl(folder.file("bad.jsonl", "{\"text\": \"one\"}\n{\"tex")).begin();
  CHECK(broken()->text == "one");
  CHECK(refusal([&] { broken(); }).find("bad.jsonl:2") != std::string::npos);
}

TEST_CASE("A shuffle buffer keeps every example and only so many at a time", "[data]") {
  int asked = 0, given = 0, most = 0;
  const ExampleStream counted = numbers(100).changed([&](Example example, uint64_t) {
    ++asked;
    return std::optional(std::move(example));
  });
  const ExampleStream::Next next = counted.shuffled(10, 3).begin();
  std::set<std::string> seen;
  while (const std::optional<Example> example = next()) {
    seen.insert(example->text);
    most = std::max(most, asked - given++);
  }
  CHECK(seen.size() == 100);
  CHECK(given == 100);
  CHECK(most == 10);
  CHECK(texts(numbers(50).shuffled(10, 3)) == texts(numbers(50).shuffled(10, 3)));
  CHECK(texts(numbers(50).shuffled(10, 3)) != texts(numbers(50).shuffled(10, 4)));
  CHECK(texts(numbers(50).shuffled(10, 3)) != texts(numbers(50)));
  CHECK(texts(numbers(5).shuffled(1)) == texts(numbers(5)));
}

TEST_CASE("A mixture draws by weights and begins short streams again", "[data]") {
  const ExampleStream mixed = ExampleStream::mix({{numbers(3, "a"), 3}, {numbers(1000, "b"), 1}}, 5);
  const std::vector<std::string> drawn = texts(mixed, 2000);
  const auto from_a = std::ranges::count_if(drawn, [](const std::string& text) { return text[0] == 'a'; });
  CHECK(double(from_a) / 2000 == Approx(0.75).margin(0.03));
  std::vector<std::string> a, b;
  for (const std::string& text : drawn) (text[0] == 'a' ? a : b).push_back(text);
  CHECK(std::vector(a.begin(), a.begin() + 4) == std::vector<std::string>{"a0", "a1", "a2", "a0"});
  CHECK(b[7] == "b7");
  CHECK(texts(mixed, 100) == std::vector(drawn.begin(), drawn.begin() + 100));
  CHECK_THROWS_WITH(ExampleStream::mix({{numbers(3), 0}}), "ExampleStream: weight is 0, expected more than 0");
  CHECK_THROWS_WITH(ExampleStream::mix({{numbers(0), 1}}).begin()(),
                    "ExampleStream: stream 1 of a mixture has no example");
}

TEST_CASE("A stream may be changed, and rows left out", "[data]") {
  const ExampleStream odd = numbers(6).changed([](Example example, uint64_t number) -> std::optional<Example> {
    if (number % 2 == 0) return std::nullopt;
    example.text += "!";
    return example;
  });
  CHECK(texts(odd) == std::vector<std::string>{"1!", "3!", "5!"});
  CHECK(texts(ExampleStream::from(Dataset::from(std::vector<Example>{{.text = "x"}, {.text = "y"}}))) ==
        std::vector<std::string>{"x", "y"});
}

}  // namespace graft
