// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "formats/tokenizer_json.hpp"
#include "graft/tokenizer.hpp"
#include "models/checkpoint.hpp"
#include "tokenizers/loaded_tokenizer.hpp"

namespace graft::inline v0 {

// The tokenizer of files of any kind.
std::unique_ptr<const LoadedTokenizer> load_tokenizer(const TokenizerFiles& files);

// The tokenizer of a checkpoint, or of `path` (a folder or a file) unless that is empty.
Tokenizer load_tokenizer(const Checkpoint& checkpoint, const std::filesystem::path& path);

}  // namespace graft::inline v0
