// SPDX-License-Identifier: Apache-2.0
//
// A session is the stateless chat, only faster.
#include "graft/session.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

#include "api/tiny_model.hpp"
#include "graft/error.hpp"

namespace graft {
namespace {

const GenerateOptions kShort{.max_tokens = 8};

std::vector<Message> asked(const Session& session, const std::string& message) {
  std::vector<Message> conversation(session.conversation().begin(), session.conversation().end());
  conversation.push_back({"user", message});
  return conversation;
}

}  // namespace

TEST_CASE("A session computes only what is new, and answers like a stateless chat", "[api]") {
  const Model model = tiny_model();
  Session session = model.session({.system = "Be brief."});
  int first = 0;
  for (const std::string question : {"Hello world, who are you?", "And what do you do?", "Why?"}) {
    const Generation expected = model.chat(asked(session, question), kShort);
    const Generation answer = session.ask(question, kShort);
    CHECK(answer.text == expected.text);
    CHECK(answer.tokens == expected.tokens);
    CHECK(answer.prompt_tokens == expected.prompt_tokens);
    CHECK(answer.cached_tokens >= first);
    first = answer.prompt_tokens / 2;
  }
  REQUIRE(session.conversation().size() == 7);
  CHECK(session.conversation()[0] == Message{"system", "Be brief."});
  CHECK(session.conversation()[1] == Message{"user", "Hello world, who are you?"});
  CHECK(session.conversation()[2].role == "assistant");
}

TEST_CASE("A session that is cleared keeps its system message alone", "[api]") {
  const Model model = tiny_model();
  Session session = model.session({.system = "Be brief."}), plain = model.session();
  const Generation answer = session.ask("Hello", kShort);
  session.ask("Again", kShort);
  plain.ask("Hello", kShort);
  session.clear();
  plain.clear();
  REQUIRE(session.conversation().size() == 1);
  CHECK(session.conversation()[0].role == "system");
  CHECK(plain.conversation().empty());
  CHECK(session.ask("Hello", kShort).text == answer.text);
}

TEST_CASE("A session takes another adapter from the next call on", "[api]") {
  const Model model = tiny_model();
  const LoRAAdapter adapter = changing_adapter(model, 0.5f);
  GenerateOptions adapted = kShort;
  adapted.adapter = &adapter;
  Session session = model.session();
  session.ask("Hello world", kShort);
  session.use(&adapter);
  const Generation expected = model.chat(asked(session, "And now?"), adapted);
  const Generation answer = session.ask("And now?", kShort);
  CHECK(answer.tokens == expected.tokens);
  CHECK(answer.cached_tokens == 0);
  session.use(nullptr);
  const Generation without = model.chat(asked(session, "And again?"), kShort);
  CHECK(session.ask("And again?", kShort).tokens == without.tokens);
}

TEST_CASE("A cancelled or failed question leaves a session as it was", "[api]") {
  const Model model = tiny_model();
  Session session = model.session();
  session.ask("Hello world", kShort);
  const std::vector<Message> before(session.conversation().begin(), session.conversation().end());
  const auto is_unchanged = [&] {
    return std::equal(before.begin(), before.end(), session.conversation().begin(), session.conversation().end());
  };
  std::stop_source source;
  GenerateOptions cancelled{.max_tokens = 20, .ignore_end = true, .cancel = source.get_token()};
  cancelled.on_token = [&](int32_t) { source.request_stop(); };
  CHECK(session.ask("Cancel me", cancelled).finish == Finish::cancelled);
  CHECK(is_unchanged());

  GenerateOptions failing{.max_tokens = 20, .ignore_end = true};
  int tokens = 0;
  failing.on_token = [&](int32_t) {
    if (++tokens == 3) throw std::runtime_error("the host's own");
  };
  CHECK_THROWS_WITH(session.ask("Fail", failing), "the host's own");
  CHECK(is_unchanged());
  CHECK_THROWS_AS(session.ask("Fail", {.top_p = 7}), ArgumentError);
  CHECK(is_unchanged());

  const Generation expected = model.chat(asked(session, "Still here?"), kShort);
  CHECK(session.ask("Still here?", kShort).tokens == expected.tokens);
}

TEST_CASE("A session continues raw text from what it has seen", "[api]") {
  const Model model = tiny_model();
  Session session = model.session();
  const std::string beginning = "Hello world, this is the beginning";
  session.generate(beginning, kShort);
  const Generation more = session.generate(beginning + " of it", kShort);
  CHECK(more.cached_tokens > 0);
  CHECK(more.tokens == model.generate(beginning + " of it", kShort).tokens);
  CHECK(session.conversation().empty());
}

TEST_CASE("Sessions on many threads give the same texts as one after the other", "[api][threads]") {
  const Model model = tiny_model();
  const LoRAAdapter adapter = changing_adapter(model);
  constexpr int kSessions = 4;
  const auto talk = [&](int number) {
    Session session = model.session({.adapter = number % 2 ? &adapter : nullptr});
    std::string texts;
    for (const std::string question : {"Hello", "And then?", "Why?"})
      texts += session.ask(question + std::to_string(number), kShort).text + '\n';
    return texts;
  };
  std::vector<std::string> serial, parallel(kSessions);
  for (int i = 0; i < kSessions; ++i) serial.push_back(talk(i));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kSessions; ++i) threads.emplace_back([&, i] { parallel[size_t(i)] = talk(i); });
  }
  CHECK(parallel == serial);
}

}  // namespace graft
