// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>

namespace graft::inline v0 {

// One turn of a conversation.
struct Message {
  std::string role;     // "system", "user", "assistant", or what else the model's chat template knows
  std::string content;  // plain text: a special token's name in it is only text

  auto operator<=>(const Message&) const = default;
};

}  // namespace graft::inline v0
