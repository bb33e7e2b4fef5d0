// SPDX-License-Identifier: Apache-2.0
//
// Writes a model in the forms that other programs load. Tensors are made one after the other while they are written, so
// that no second copy of the model exists.
#pragma once

#include <filesystem>
#include <functional>

#include "formats/gguf_writer.hpp"
#include "models/trunk.hpp"

namespace graft::inline v0 {

// A Hugging Face folder for transformers: config.json and model.safetensors with every tensor as f32, f16 or bf16. The
// tokenizer's files are not written. Throws ArgumentError for another type, UnsupportedError where config.json cannot
// say what the model computes.
void save_folder(const Trunk& trunk, const std::filesystem::path& folder, Dtype type);

// A GGUF file for llama.cpp: matrices as f32, f16, bf16, q8_0, q4_0 or q4_1, vectors as f32. In a 4-bit file the
// embeddings and the head are q8_0; a matrix whose rows are no whole blocks is f16. `write_tokenizer` (may be empty)
// adds the keys tokenizer.* and whatever else the file shall say of itself.
void save_gguf(const Trunk& trunk, const std::filesystem::path& file, Dtype type,
               const std::function<void(GgufWriter&)>& write_tokenizer);

}  // namespace graft::inline v0
