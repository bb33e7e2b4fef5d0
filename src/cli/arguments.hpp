// SPDX-License-Identifier: Apache-2.0
//
// What several commands take: a model, an adapter, sampling, a prompt, data.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "graft/graft.hpp"

namespace graft::inline v0 {

struct ModelArguments {
  std::string model, adapter, tokenizer;
  LoadOptions options;
};
// -m, -t, --lora, --kernels, --precision, --tokenizer
void add_model_options(CLI::App& command, ModelArguments& arguments);
Model load_model(const ModelArguments& arguments);
std::optional<Adapter> load_adapter(const ModelArguments& arguments, const Model& model);

// -n, --temp, --top-k, --top-p, --min-p, --seed, penalties, --stop. The defaults are llama.cpp's.
void add_sampling_options(CLI::App& command, GenerateOptions& options);

struct PromptArguments {
  std::string text, file;
};
// -p, -f; standard input where neither is given.
void add_prompt_options(CLI::App& command, PromptArguments& arguments);
std::string read_prompt(const PromptArguments& arguments);

// "classify=A,B", "labels=A,B", "regress=A", "tag=O,B-A", "answer" or "embed" as a head.
Head read_head(const std::string& text);

// Examples from JSONL of any form, or from a plain .txt.
Dataset read_data(const std::string& path);

}  // namespace graft::inline v0
