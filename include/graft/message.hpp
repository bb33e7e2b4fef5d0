// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>

namespace graft::inline v0 {

// One turn of a conversation.
struct Message {
  std::string role;     // "system", "user", "assistant", "tool", or what else the model's chat template knows
  std::string content;  // plain text: a special token's name in it is only text
  // Further members as the JSON text of an object, for templates that look at them: {"tool_calls": […], "name": "…"}.
  // A "content" here (a list of parts, say) goes before `content`.
  std::string more = {};

  auto operator<=>(const Message&) const = default;
};

}  // namespace graft::inline v0
