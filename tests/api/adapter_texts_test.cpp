// SPDX-License-Identifier: Apache-2.0
//
// What adapters have to do with texts: the tokenizer they belong to, and virtual tokens before a text.
#include <catch2/catch.hpp>

#include "api/tiny_model.hpp"
#include "graft/error.hpp"
#include "graft/lora_adapter.hpp"
#include "graft/prompt_adapters.hpp"
#include "graft/session.hpp"
#include "support/atomic_file.hpp"
#include "support/json.hpp"
#include "support/message.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {

TEST_CASE("An adapter that was tuned with another tokenizer or template is refused by name", "[api][train]") {
  const Model model = tiny_model();
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "adapter";
  LoRAAdapter(model, {.rank = 4}).save(path);
  CHECK_NOTHROW(Adapter::load(path, model));
  const Json own = read_json(path / "graft.json");
  for (const char* field : {"tokenizer", "chat_template"}) {
    Json other = own;
    other[field] = "0123456789abcdef";
    write_file(path / "graft.json", other.dump());
    const std::string reason = refusal<FileError>([&] { Adapter::load(path, model); });
    CHECK_THAT(reason, Catch::Contains(
                           message("\"", field, "\" is 0123456789abcdef, expected ", own[field].get<std::string>())));
    CHECK_NOTHROW(Adapter::load(path, model, {.other_texts = true}));
  }
  std::filesystem::remove(path / "graft.json");  // as other programs save an adapter
  CHECK_NOTHROW(Adapter::load(path, model));
}

TEST_CASE("Virtual tokens count where texts are cut, scored and continued", "[api][train]") {
  const Model model = tiny_model();
  const PromptAdapter prompt(model, {.tokens = 5, .initial_text = "the sum of"});
  const PrefixAdapter prefix(model, {.tokens = 5, .initial_text = "the sum of"});
  const std::vector<int32_t> ids = model.tokenizer().encode("What is 3?");
  const std::vector<float> plain = model.log_probabilities(ids);
  for (const Adapter* adapter : {static_cast<const Adapter*>(&prompt), static_cast<const Adapter*>(&prefix)}) {
    const std::vector<float> found = model.log_probabilities(ids, adapter);
    CHECK(found.size() == plain.size());
    CHECK(found != plain);
    const std::vector<std::string> answers = {" 3", " 4"};
    const std::vector<Scored> scored = model.score("What is", answers, {.adapter = adapter});
    CHECK(scored[0].probability + scored[1].probability == Approx(1));
    const GenerateOptions options{.max_tokens = 6, .ignore_end = true, .adapter = adapter};
    const Generation whole = model.generate("What is 3?", options);
    CHECK(whole.tokens.size() == 6);
    Session session = model.session({.adapter = adapter});
    CHECK(session.generate("What is 3?", options).tokens == whole.tokens);
    const Generation again = session.generate("What is 3?", options);
    CHECK(again.tokens == whole.tokens);
    CHECK(again.cached_tokens == int(ids.size()) - 1);
    const std::string text = "What is 3? ";
    std::string longer;
    while (int(model.tokenizer().encode(longer).size()) < model.info().context - 3) longer += text;
    CHECK(refusal<ArgumentError>([&] { model.generate(longer, options); }).find("the model's context") !=
          std::string::npos);
  }
  const std::vector<std::string> prompts(3, "What is 3?");
  const std::vector<Generation> mixed =
      model.generate(prompts, {.max_tokens = 4, .ignore_end = true, .adapters = {&prompt, &prefix, nullptr}});
  const GenerateOptions four{.max_tokens = 4, .ignore_end = true};
  CHECK(mixed[2].tokens == model.generate(prompts[2], four).tokens);
}

}  // namespace graft
