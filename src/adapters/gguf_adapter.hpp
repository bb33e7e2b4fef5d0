// SPDX-License-Identifier: Apache-2.0
//
// llama.cpp's adapters: a GGUF file with the pair NAME.lora_a (rank × inputs) and NAME.lora_b (outputs × rank) for each
// matrix NAME of the model's own GGUF file, scaled by adapter.lora.alpha / rank.
#pragma once

#include <filesystem>

#include "adapters/method.hpp"

namespace graft::inline v0 {

// Throws FileError when the file does not fit the model, UnsupportedError for updates of what is no matrix.
std::unique_ptr<Method> load_gguf_adapter(const std::filesystem::path& path, const Trunk& trunk);
// Throws UnsupportedError for a method that edits more than matrices, and for a family without GGUF files.
void save_gguf_adapter(const Method& method, const std::filesystem::path& path);

}  // namespace graft::inline v0
