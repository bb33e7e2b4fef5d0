// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace graft::inline v0 {

// The text as it was meant: UTF-8 that was read as Windows-1252 is read again, control characters but tab and line feed
// and byte order marks are removed, line ends become LF, and spaces at the end of lines and of the text go.
std::string repaired_text(std::string_view text);

}  // namespace graft::inline v0
