// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace graft::inline v0 {

// One turn of a conversation.
struct Message {
  std::string role;  // "system", "user", "assistant", "tool", or what else the model's chat template knows
  std::string content;
  // Further members as the JSON text of an object, for templates that look at them: {"tool_calls": […], "name": "…"}.
  // A "content" here (a list of parts, say) goes before `content`.
  std::string more = {};
};

}  // namespace graft::inline v0
