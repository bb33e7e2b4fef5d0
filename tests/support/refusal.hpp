// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "graft/error.hpp"

namespace graft {

// The message with which the call is refused by an Error of the kind, or "(nothing)" when it is not.
template <class Kind = FileError, class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const Kind& error) {
    return error.what();
  }
  return "(nothing)";
}

}  // namespace graft
