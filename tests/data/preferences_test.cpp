// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "graft/dataset.hpp"
#include "graft/error.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {

TEST_CASE("Preferences are read from texts and from messages, and saved", "[data]") {
  const TemporaryFolder folder;
  folder.file("a.jsonl",
              R"({"prompt": "Tea?", "chosen": " Yes", "rejected": " No"}
{"prompt": [{"role": "user", "content": "Tea?"}], "chosen": [{"role": "assistant", "content": "Yes"}], "rejected": "No"}
{"chosen": [{"role": "user", "content": "Tea?"}, {"role": "assistant", "content": "Yes"}], "rejected": [{"role": "user", "content": "Tea?"}, {"role": "assistant", "content": "No"}]}
{"messages": [{"role": "user", "content": "Tea?"}], "chosen": "Yes", "rejected": "No"}
)");
  const Dataset data = Dataset::jsonl(folder.path() / "a.jsonl");
  CHECK(data[0] == Example{.prompt = "Tea?", .chosen = " Yes", .rejected = " No"});
  for (size_t i = 1; i < 3; ++i) CHECK(data[i].form() == ExampleForm::preference);
  CHECK((data[1].messages.empty() || data[1].messages[0].content == "Tea?"));
  CHECK(data[2] == Example{.messages = {{"user", "Tea?"}}, .chosen = "Yes", .rejected = "No"});
  CHECK(data[3] == data[2]);
  data.save(folder.path() / "b.jsonl");
  const Dataset again = Dataset::preferences(folder.path() / "b.jsonl");
  for (size_t i = 0; i < data.size(); ++i) CHECK(again[i] == data[i]);
}

TEST_CASE("Preferences without two answers to one prompt are refused", "[data]") {
  const TemporaryFolder folder;
  const auto refused = [&](const char* row) {
    folder.file("bad.jsonl", row);
    return refusal<FileError>([&] { Dataset::preferences(folder.path() / "bad.jsonl"); });
  };
  CHECK(refused(R"({"prompt": "Tea?", "chosen": "Yes"})").ends_with("bad.jsonl:1: \"rejected\" is missing"));
  CHECK(refused(R"({"chosen": "Yes", "rejected": "No"})").ends_with("bad.jsonl:1: \"prompt\" is missing"));
  CHECK(refused(R"({"prompt": "", "chosen": "Yes", "rejected": "No"})").find("\"prompt\"") != std::string::npos);
  CHECK(refused(R"({"chosen": [{"role": "user", "content": "A"}], "rejected": "No"})").find("\"chosen\"") !=
        std::string::npos);
  CHECK(refusal<ArgumentError>([] { Dataset::from(std::vector<Example>{{.prompt = "Tea?", .chosen = "Yes"}}); }) ==
        "example 1 has only one answer, expected chosen and rejected");
}

}  // namespace graft
