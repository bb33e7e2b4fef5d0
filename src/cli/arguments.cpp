// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>

#include "cli/choice.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

void add_model_options(CLI::App& command, ModelArguments& arguments) {
  command.add_option("-m,--model", arguments.model, "Hugging Face folder or GGUF file")->required();
  command.add_option("-t,--threads", arguments.options.device.threads, "threads that compute; 0: one a core")
      ->capture_default_str();
  command.add_option("--lora", arguments.adapter, "an adapter: a folder as PEFT saves it, or a GGUF file");
  command.add_option("--kernels", arguments.options.device.kernels,
                     "where to compute: a table of kernels such as cpu/avx2, or cuda; default: the CPU's best");
  command.add_option("--tokenizer", arguments.tokenizer,
                     "folder, tokenizer.json or GGUF file, where the model has none");
  static const std::map<std::string, Precision> kPrecisions = {{"automatic", Precision::automatic},
                                                               {"f32", Precision::f32},
                                                               {"bf16", Precision::bf16},
                                                               {"int8", Precision::int8}};
  add_choice(command, "--precision", arguments.options.precision, kPrecisions,
             "products in automatic, f32, bf16 or int8");
  command.add_option("--weights", arguments.options.weights,
                     "keep float matrices as bf16, q8_0, q5_0, q5_1, q4_0 or q4_1");
}

Model load_model(const ModelArguments& arguments) {
  LoadOptions options = arguments.options;
  options.tokenizer = arguments.tokenizer;
  return Model::load(arguments.model, options);
}

std::optional<Adapter> load_adapter(const ModelArguments& arguments, const Model& model) {
  if (arguments.adapter.empty()) return std::nullopt;
  return Adapter::load(arguments.adapter, model);
}

void add_sampling_options(CLI::App& command, GenerateOptions& options) {
  options.temperature = 0.8f;
  options.top_k = 40;
  options.top_p = 0.95f;
  options.min_p = 0.05f;
  command.add_option("-n,--predict", options.max_tokens, "tokens at most; 0: until the context is full")
      ->capture_default_str();
  command.add_option("--temp", options.temperature, "temperature; 0: always the likeliest token")
      ->capture_default_str();
  command.add_option("--top-k", options.top_k, "only the k likeliest; 0: all")->capture_default_str();
  command.add_option("--top-p", options.top_p, "only the likeliest that hold this share")->capture_default_str();
  command.add_option("--min-p", options.min_p, "only those this share as likely as the likeliest")
      ->capture_default_str();
  command.add_option("--typical", options.typical_p, "only those of nearly the expected information, up to this share")
      ->capture_default_str();
  command.add_option("--no-repeat-ngram", options.no_repeat_ngram, "no run of so many tokens comes twice; 0: off")
      ->capture_default_str();
  command.add_option("--min-tokens", options.min_tokens, "the text does not end before")->capture_default_str();
  command.add_option("-s,--seed", options.seed, "the same seed gives the same text")->capture_default_str();
  command.add_option("--repeat-penalty", options.repetition_penalty)->capture_default_str();
  command.add_option("--frequency-penalty", options.frequency_penalty)->capture_default_str();
  command.add_option("--presence-penalty", options.presence_penalty)->capture_default_str();
  command.add_option("-r,--stop", options.stop, "the text ends before this; may be repeated")->allow_extra_args(false);
}

void add_prompt_options(CLI::App& command, PromptArguments& arguments) {
  auto* text = command.add_option("-p,--prompt", arguments.text, "the prompt; without it, standard input");
  command.add_option("-f,--file", arguments.file, "a file with the prompt")->excludes(text);
}

std::string read_prompt(const PromptArguments& arguments) {
  if (!arguments.text.empty()) return arguments.text;
  if (arguments.file.empty()) return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(arguments.file, std::ios::binary);
  check<FileError>(file.good(), arguments.file, ": cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

Head read_head(const std::string& text) {
  const size_t equals = std::min(text.find('='), text.size());
  const std::string kind = text.substr(0, equals);
  std::vector<std::string> labels;
  std::istringstream parts(text.substr(std::min(equals + 1, text.size())));
  for (std::string part; std::getline(parts, part, ',');) labels.push_back(part);
  if (kind == "classify") return Head::classify(labels);
  if (kind == "labels") return Head::multi_label(labels);
  if (kind == "regress") return labels.empty() ? Head::regress() : Head::regress(labels);
  if (kind == "tag") return Head::tag(labels);
  if (kind == "answer") return Head::answer();
  check(kind == "embed", "--head: found ", in_quotes(kind),
        ", expected classify, labels, regress, tag, answer or embed");
  return Head::embed();
}

Dataset read_data(const std::string& path) {
  return path.ends_with(".txt") ? Dataset::text(path) : Dataset::jsonl(path);
}

}  // namespace graft::inline v0
