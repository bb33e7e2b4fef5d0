// SPDX-License-Identifier: Apache-2.0
//
// The language itself, construct by construct, against Jinja.
#include <catch2/catch.hpp>

#include "tokenizers/chat_template.hpp"
#include "tokenizers/jinja_json.hpp"
#include "tokenizers/moment.hpp"
#include "tokenizers/read_lines.hpp"

namespace graft {

TEST_CASE("Every construct of the language means what it means in Jinja", "[chat]") {
  const std::string text = read_text(golden_path("chat_language.json"));
  const Json file = parse_json(text, "chat_language.json");
  const std::string context = field_text(jinja::from_json(text, "chat_language.json"), "context");
  const std::string messages = field_text(jinja::from_json(context, "context"), "messages");
  for (const Json& line : file["cases"]) {
    INFO(line["template"]);
    const ChatTemplate chat(line["template"].text(), {}, "test");
    CHECK(chat.render({.messages = messages, .extra = context}).text == line["expected"]);
  }
}

TEST_CASE("Moments are written as strftime writes them in the C locale", "[chat]") {
  const std::tm moment = parse_moment("2026-03-04T05:06:07");
  CHECK(format_moment(moment, "%d %b %Y, %A %a %B %H:%M:%S %y %j %I %p %-d/%-m %F %T 100%%") ==
        "04 Mar 2026, Wednesday Wed March 05:06:07 26 063 05 AM 4/3 2026-03-04 05:06:07 100%");
  CHECK(format_moment(parse_moment("2024-12-31"), "%j %A") == "366 Tuesday");
  CHECK_THROWS(parse_moment("tomorrow"));
}

}  // namespace graft
