// SPDX-License-Identifier: Apache-2.0
//
// Cuts a template into tokens, with the white space control of trim_blocks and lstrip_blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace graft::inline v0::jinja {

struct Token {
  enum Kind : unsigned char {
    data,          // text of the template
    block_begin,   // {%
    block_end,     // %}
    output_begin,  // {{
    output_end,    // }}
    name,
    integer,
    real,
    text,    // a literal, with its escapes undone
    symbol,  // an operator or a bracket
    end
  } kind;
  std::string value;
  int line;
};

// FileError, with the line: something is not closed, or a character is no part of the language.
std::vector<Token> tokenize(std::string_view source);

}  // namespace graft::inline v0::jinja
