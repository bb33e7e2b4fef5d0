// SPDX-License-Identifier: Apache-2.0
//
// The tokenizer of a checkpoint beside a model that is saved, in the form of either.
#pragma once

#include <filesystem>

#include "formats/gguf_writer.hpp"
#include "models/checkpoint.hpp"

namespace graft::inline v0 {

// Into a folder: the files as they are, or made from the keys of a GGUF file. Nothing when there is no tokenizer.
void save_tokenizer(const Checkpoint& from, const std::filesystem::path& folder);

// Into a GGUF file of a model with so many tokens: the keys tokenizer.*, with what a GGUF file says of itself. Nothing
// when there is no tokenizer.json.
void save_tokenizer(const Checkpoint& from, int64_t vocabulary, GgufWriter& writer);

}  // namespace graft::inline v0
