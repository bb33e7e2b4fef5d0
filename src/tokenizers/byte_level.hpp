// SPDX-License-Identifier: Apache-2.0
//
// GPT-2's spelling of bytes: files write every byte of a token as one printable character, so that a vocabulary is
// plain text (a space is 'Ġ', a newline 'Ċ').
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace graft::inline v0 {

// The bytes that a token's spelling stands for; nothing where a character stands for no byte.
std::optional<std::string> bytes_of_spelling(std::string_view spelling);
std::string spelling_of_bytes(std::string_view bytes);

}  // namespace graft::inline v0
