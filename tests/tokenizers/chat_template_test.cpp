// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/chat_template.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "graft/error.hpp"
#include "tokenizers/jinja_json.hpp"
#include "tokenizers/read_lines.hpp"

namespace graft {
namespace {

// `ordered` is the same conversation: templates show the order of keys.
ChatInput chat_input(const Json& json, const jinja::Value& ordered, const Json& file) {
  return {.messages = field_text(ordered, "messages"),
          .tools = field_text(ordered, "tools"),
          .extra = field_text(ordered, "extra"),
          .add_generation_prompt = json["add_generation_prompt"].get<bool>(),
          .now = file["now"].text()};
}

ChatTemplate simple(const std::string& source) { return ChatTemplate(source, {{"bos_token", "<s>"}}, "test.json"); }

const char* const kHi = R"([{"role": "user", "content": "Hi"}])";

}  // namespace

TEST_CASE("Published templates write what the reference writes", "[chat]") {
  for (const auto& entry : std::filesystem::directory_iterator(golden_path("chat"))) {
    const Json file = read_json(entry.path());
    const jinja::Value ordered = jinja::from_json(read_text(entry.path()), entry.path().string());
    const std::vector<jinja::Value>& conversations = ordered.map()->find("cases")->list()->items;
    std::vector<std::pair<std::string, std::string>> variables;
    for (const auto& [name, token] : file["special_tokens"].items())
      if (token.is_string()) variables.emplace_back(name, token.text());
    const ChatTemplate chat(file["template"].text(), variables, entry.path().string());
    for (size_t i = 0; i < conversations.size(); ++i) {
      const Json& json = file["cases"][i];
      INFO(entry.path().filename() << " " << i);
      const ChatInput input = chat_input(json, conversations[i], file);
      if (json.contains("error")) {
        CHECK_THROWS_AS(chat.render(input), Error);
      } else {
        CHECK(chat.render(input).text == json["expected"].get<std::string>());
      }
    }
  }
}

TEST_CASE("What messages say is foreign through every operation", "[chat]") {
  const auto foreign = [](const std::string& source) {
    const RenderedChat chat =
        simple("{%- set c = messages[0].content -%}" + source).render({.messages = R"([{"content": " <s>a,b "}])"});
    std::string marked;
    size_t at = 0;
    for (const TextSpan& span : chat.foreign) {
      marked += chat.text.substr(at, span.begin - at) + "[" + chat.text.substr(span.begin, span.end - span.begin) + "]";
      at = span.end;
    }
    marked += chat.text.substr(at);
    return marked;
  };
  CHECK(foreign("{{ bos_token + c + bos_token }}") == "<s>[ <s>a,b ]<s>");
  CHECK(foreign("{{ '<' ~ c | trim ~ '>' }}") == "<[<s>a,b]>");
  CHECK(foreign("{{ c.strip() | upper }}!") == "[<S>A,B]!");
  CHECK(foreign("{{ c.split(',') | join('<s>') }}") == "[ <s>a]<s>[b ]");
  CHECK(foreign("{{ c | replace('a', bos_token) }}") == "[ <s>]<s>[,b ]");
  CHECK(foreign("{{ 'x<s>x' | replace('x', c[1:4]) }}") == "[<s>]<s>[<s>]");
  CHECK(foreign("{{ {'k': c} | tojson }}") == "{\"k\": \"[ <s>a,b ]\"}");
  CHECK(foreign("{{ [c] }}") == "['[ <s>a,b ]']");
  CHECK(foreign("{% set x %}<s>{{ c }}{% endset %}{{ x[:5] }}") == "<s>[ <]");
  CHECK(foreign("{% macro m(t) %}({{ t }}){% endmacro %}{{ m(c[:2]) }}") == "([ <])");
}

TEST_CASE("A template that does not end is stopped", "[chat]") {
  const auto refuse = [](const std::string& source) {
    INFO(source);
    CHECK_THROWS_AS(simple(source).render({.messages = kHi}), ResourceError);
  };
  refuse("{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}");
  refuse("{{ 'a' * 1000000000 }}");
  refuse("{% set ns = namespace(t='a') %}{% for i in range(99) %}{% set ns.t = ns.t + ns.t %}{% endfor %}");
  refuse("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}");
  refuse("{{ range(1000000000) }}");
  refuse("{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}");
  refuse("{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}");
  refuse("{{ ('a' * 100000) | replace('', 'b' * 100000) }}");
  CHECK_THROWS_AS(simple("{% set ns = namespace() %}{% set ns.x = [ns] %}{{ ns }}").render({.messages = kHi}),
                  UnsupportedError);
}

TEST_CASE("Errors name the file, the line and the cause", "[chat]") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(simple("\n{{ raise_exception('no such role') }}").render({.messages = kHi}),
                    Contains("test.json") && Contains("line 2") && Contains("no such role"));
  CHECK_THROWS_WITH(simple("a\n{% if %}"), Contains("test.json") && Contains("line 2"));
  CHECK_THROWS_AS(simple("{{ 1 + "), FileError);
  CHECK_THROWS_AS(simple("{% include 'x' %}"), UnsupportedError);
  CHECK_THROWS_AS(simple("{{ x | nosuch }}").render({.messages = kHi}), UnsupportedError);
  CHECK_THROWS_AS(simple("{{ a.b.c }}").render({.messages = kHi}), ArgumentError);
  CHECK_THROWS_AS(simple("").render({.messages = "{"}), ArgumentError);
  CHECK_THROWS_AS(simple("").render({.messages = "{}"}), ArgumentError);
  CHECK_THROWS_AS(simple("").render({.messages = std::string(100000, '[')}), ArgumentError);
  CHECK_THROWS_AS(simple("{{ " + std::string(100000, '(')), Error);
  std::string sum = "{{ 1";
  for (int i = 0; i < 100000; ++i) sum += " + 1";
  CHECK_THROWS_AS(simple(sum + " }}"), Error);
}

}  // namespace graft
