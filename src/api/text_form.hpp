// SPDX-License-Identifier: Apache-2.0
//
// How texts became tokens when an adapter was tuned: graft.json in its folder has the hashes of the tokenizer's
// vocabulary and of the chat template.
#pragma once

#include <filesystem>

#include "graft/tokenizer.hpp"

namespace graft::inline v0 {

void save_text_form(const Tokenizer& tokenizer, const std::filesystem::path& folder);
// Throws FileError where the folder tells of others; one without the file tells nothing.
void check_text_form(const Tokenizer& tokenizer, const std::filesystem::path& folder);

}  // namespace graft::inline v0
