// SPDX-License-Identifier: Apache-2.0
//
// The kinds of reference outputs, each with the function that computes them anew and compares. A function throws
// UnsupportedError for what this version cannot do, and other errors for what it cannot read.
#pragma once

#include <filesystem>
#include <memory>

#include "backend/backend.hpp"
#include "cli/verify_comparison.hpp"

namespace graft::inline v0 {

// What the user gave beside the paths.
struct VerifyContext {
  std::shared_ptr<const Backend> backend;
  std::filesystem::path model;  // for real/X.json
  std::filesystem::path gguf;   // for tokenizers without a tokenizer.json
};

using VerifyFunction = void (*)(const std::filesystem::path& path, const VerifyContext& context,
                                Comparison& comparison);

// The function for a path, or null when it holds no reference outputs itself.
VerifyFunction find_verifier(const std::filesystem::path& path);

void verify_model(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison);
void verify_adapter(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison);
void verify_train(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison);
void verify_gguf(const std::filesystem::path& file, const VerifyContext& context, Comparison& comparison);
void verify_quant(const std::filesystem::path& file, const VerifyContext& context, Comparison& comparison);
void verify_optim(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison);
void verify_losses(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison);
void verify_sampling(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison);
void verify_real(const std::filesystem::path& file, const VerifyContext& context, Comparison& comparison);
void verify_chat(const std::filesystem::path& file, const VerifyContext& context, Comparison& comparison);
void verify_tokenizer(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison);

}  // namespace graft::inline v0
