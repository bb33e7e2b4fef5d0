// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "formats/gguf.hpp"
#include "tokenizers/pipeline.hpp"

namespace graft::inline v0 {

// The tokenizer of a GGUF file, or of a tokenizer.json.
std::unique_ptr<Pipeline> load_tokenizer(const GgufFile& file);
std::unique_ptr<Pipeline> load_tokenizer(const std::filesystem::path& tokenizer_json);

}  // namespace graft::inline v0
