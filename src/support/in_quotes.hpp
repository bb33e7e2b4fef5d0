// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace graft::inline v0 {

// Text from a file as a message shows it: in double quotes, at most 80 bytes, control characters and broken UTF-8 as
// '?', so that no file can put a novel or an escape sequence into somebody's log.
std::string in_quotes(std::string_view text);

}  // namespace graft::inline v0
