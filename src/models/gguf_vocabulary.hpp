// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "formats/gguf.hpp"

namespace graft::inline v0 {

// Throws FileError when the lists of a file's tokenizer do not fit each other: scores and token types, one a token.
void check_vocabulary(const GgufFile& file);

}  // namespace graft::inline v0
