// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graft/tokenizer.hpp"
#include "models/checkpoint.hpp"

namespace graft::inline v0 {

// The tokenizer of a checkpoint, or of `path` (a folder or a tokenizer.json) unless that is empty.
Tokenizer load_tokenizer(const Checkpoint& checkpoint, const std::filesystem::path& path);

}  // namespace graft::v0
