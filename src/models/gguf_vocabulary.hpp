// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "formats/gguf.hpp"
#include "tokenizers/loaded_tokenizer.hpp"

namespace graft::inline v0 {

// Throws FileError when the lists of a file's tokenizer do not fit each other: scores and token types, one a token.
void check_vocabulary(const GgufFile& file);

// The tokenizer of a GGUF file that has one.
std::unique_ptr<const LoadedTokenizer> load_gguf_tokenizer(const GgufFile& file);

}  // namespace graft::inline v0
