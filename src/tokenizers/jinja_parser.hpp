// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "tokenizers/jinja_syntax.hpp"

namespace graft::inline v0::jinja {

// Parses a template of Jinja, the part of the language that chat templates use. FileError, with the line: it is no
// template, or nested too deep; UnsupportedError: a statement that is not known here.
Body parse(std::string_view source);

}  // namespace graft::inline v0::jinja
