// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace graft::inline v0 {

// The usual alphabet (RFC 4648), padded with '='.
std::string to_base64(std::string_view bytes);
// Nothing where the text is no base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace graft::inline v0
