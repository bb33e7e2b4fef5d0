// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "support/json.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct BenchArguments {
  ModelArguments model;
  int prompt = 512, predict = 128, repetitions = 5, sequences = 1;
  bool is_json = false;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Words with no meaning, exactly so many tokens that the model reads them as one each.
std::string prompt_of(const Model& model, int tokens) {
  const Tokenizer& tokenizer = model.tokenizer();
  std::string text = "The";
  while (int(tokenizer.encode(text).size()) < tokens) text += " the";
  return text;
}

int bench(const BenchArguments& arguments) {
  check(arguments.prompt > 0 && arguments.predict > 1 && arguments.repetitions > 0 && arguments.sequences > 0,
        "bench: -p, -n, -r and --sequences must be positive, and -n at least 2");
  const Model model = load_model(arguments.model);
  const std::optional<Adapter> adapter = load_adapter(arguments.model, model);
  const std::vector<std::string> prompts(size_t(arguments.sequences), prompt_of(model, arguments.prompt));
  const std::vector<std::string> short_prompts(size_t(arguments.sequences), "The");
  GenerateOptions options{.max_tokens = 1, .ignore_end = true, .adapter = adapter ? &*adapter : nullptr};
  std::vector<double> prefill, decode;
  for (int i = 0; i <= arguments.repetitions; ++i) {
    options.max_tokens = 1;
    const double prompt_seconds = model.generate(prompts, options).back().prompt_seconds;
    options.max_tokens = arguments.predict;
    const Generation last = model.generate(short_prompts, options).back();
    if (i == 0) continue;  // a warm-up
    prefill.push_back(arguments.prompt / prompt_seconds);
    decode.push_back(arguments.sequences * (arguments.predict - 1) / (last.seconds - last.prompt_seconds));
  }
  const ModelInfo info = model.info();
  if (arguments.is_json) {
    std::cout << Json{{"model", arguments.model.model}, {"types", info.weight_types}, {"kernels", info.kernels},
                      {"threads", info.threads}, {"prompt_tokens", arguments.prompt}, {"sequences", arguments.sequences},
                      {"prefill_tokens_per_second", median(prefill)}, {"decode_tokens_per_second", median(decode)}}.dump()
              << '\n';
    return kDone;
  }
  std::cout << "| weights | kernels | threads | test | tokens/s |\n|---|---|---|---|---|\n";
  const std::string head = "| " + info.weight_types + " | " + info.kernels + " | " + std::to_string(info.threads) + " | ";
  std::cout << head << "prefill " << arguments.prompt << " | " << median(prefill) << " |\n";
  std::cout << head << "decode " << arguments.predict << " x " << arguments.sequences << " | " << median(decode) << " |\n";
  return kDone;
}

}  // namespace

void add_bench(Program& program) {
  auto arguments = std::make_shared<BenchArguments>();
  CLI::App& command = *program.app.add_subcommand("bench", "Measure prefill and decoding, medians of several runs");
  add_model_options(command, arguments->model);
  command.add_option("-p,--prompt", arguments->prompt, "tokens of the prompt")->capture_default_str();
  command.add_option("-n,--predict", arguments->predict, "tokens that are generated")->capture_default_str();
  command.add_option("-r,--repetitions", arguments->repetitions)->capture_default_str();
  command.add_option("--sequences", arguments->sequences, "at once")->capture_default_str();
  command.add_flag("--json", arguments->is_json, "one JSON object");
  command.callback([&program, arguments] { program.action = [arguments] { return bench(*arguments); }; });
}

}  // namespace graft::v0
