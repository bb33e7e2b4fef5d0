// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <sstream>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "support/json.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct BenchArguments {
  ModelArguments model;
  int prompt = 512, predict = 128, repetitions = 5, sequences = 1, adapters = 0;
  std::string train;  // "lora", "full" or empty
  TrainOptions training = {};
  std::string texts;
  bool is_ragged = false, is_json = false, embeds = false;
};

// The most memory that this process has had, mapped files included.
long peak_resident_mib() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

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

struct Row {
  std::string test;
  double tokens_per_second;
};

// The adapter of --lora for all sequences, or --adapters new ones that take turns.
std::vector<Adapter> adapters_of(const BenchArguments& arguments, const Model& model) {
  if (const std::optional<Adapter> adapter = load_adapter(arguments.model, model)) return {*adapter};
  std::vector<Adapter> adapters;
  for (int i = 0; i < arguments.adapters; ++i)
    adapters.push_back(LoRAAdapter(model, {.rank = 16, .seed = uint64_t(i)}));
  return adapters;
}

std::vector<Row> generation_rows(const BenchArguments& arguments, const Model& model) {
  const std::vector<Adapter> adapters = adapters_of(arguments, model);
  const std::vector<std::string> prompts(size_t(arguments.sequences), prompt_of(model, arguments.prompt));
  const std::vector<std::string> short_prompts(size_t(arguments.sequences), "The");
  GenerateOptions options{.max_tokens = 1, .ignore_end = true};
  for (size_t i = 0; i < prompts.size() && !adapters.empty(); ++i)
    options.adapters.push_back(&adapters[i % adapters.size()]);
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
  return {
      {"prefill " + std::to_string(arguments.prompt), median(prefill)},
      {"decode " + std::to_string(arguments.predict) + " x " + std::to_string(arguments.sequences), median(decode)}};
}

constexpr const char* kLabels[] = {"negative", "neutral", "positive"};

// Sequences of the wanted lengths: all of --prompt tokens, or from an eighth of it up to all of it.
Dataset training_data(const BenchArguments& arguments, const Model& model) {
  std::vector<Example> examples;
  for (int i = 0; i < arguments.sequences; ++i) {
    const int shortest = arguments.is_ragged ? arguments.prompt / 8 : arguments.prompt;
    const int length = shortest + (arguments.prompt - shortest) * (i * 5 % 8) / 7;
    examples.push_back({.text = prompt_of(model, length), .labels = {std::string(kLabels[i % 3])}});
  }
  return Dataset::from(std::move(examples));
}

// Optimizer steps over the same sequences: of an adapter of rank 16 on every linear layer, or of the whole model.
Row training_row(const BenchArguments& arguments, Model& model) {
  std::vector<double> speeds;
  int64_t tokens = 0;
  double seconds = 0;
  TrainOptions options = arguments.training;
  options.epochs = arguments.repetitions + 1;
  options.batch = arguments.sequences;
  options.on_step = [&](const StepInfo& info) {
    if (info.step > 1) speeds.push_back(double(info.tokens - tokens) / (info.seconds - seconds));
    tokens = info.tokens;
    seconds = info.seconds;
  };
  const Dataset data = training_data(arguments, model);
  if (arguments.train == "lora") {
    LoRAAdapter adapter(model, {.rank = 16, .alpha = 32});
    Trainer(model, adapter, options).fit(data);
  } else {
    Trainer(model, options).fit(data);
  }
  return {
      "train " + arguments.train + " " + std::to_string(arguments.sequences) + " x " + std::to_string(arguments.prompt),
      median(speeds)};
}

// The ids of the lines of a file, or of texts with no meaning of 8 to 128 tokens.
std::vector<std::vector<int32_t>> texts_of(const BenchArguments& arguments, const Model& model) {
  std::vector<std::vector<int32_t>> texts;
  if (!arguments.texts.empty()) {
    const Dataset lines = Dataset::text(arguments.texts);
    std::istringstream text(lines[0].text);
    for (std::string line; std::getline(text, line);) texts.push_back(model.tokenizer().encode(line));
    return texts;
  }
  const size_t vocabulary = size_t(model.info().vocabulary);
  for (size_t i = 0; i < size_t(arguments.sequences); ++i) {
    std::vector<int32_t>& ids = texts.emplace_back(8 + i * 37 % 121);
    for (size_t at = 0; at < ids.size(); ++at) ids[at] = int32_t((i * 131 + at * 17) % vocabulary);
  }
  return texts;
}

Row embedding_row(const BenchArguments& arguments, const Model& model) {
  const std::vector<std::vector<int32_t>> texts = texts_of(arguments, model);
  size_t tokens = 0;
  for (const std::vector<int32_t>& text : texts) tokens += text.size();
  std::vector<double> speeds;
  for (int i = 0; i <= arguments.repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    model.embed(texts);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (i > 0) speeds.push_back(double(tokens) / seconds.count());
  }
  const double each = double(tokens) / double(texts.size());
  return {message("embed ", texts.size(), " texts of ", int(each + 0.5), " tokens (", int(median(speeds) / each),
                  " texts/s)"),
          median(speeds)};
}

std::vector<Row> rows_of(const BenchArguments& arguments, Model& model) {
  if (arguments.embeds) return {embedding_row(arguments, model)};
  if (!arguments.train.empty()) return {training_row(arguments, model)};
  return generation_rows(arguments, model);
}

int bench(const BenchArguments& arguments) {
  check(arguments.prompt > 0 && arguments.predict > 1 && arguments.repetitions > 0 && arguments.sequences > 0,
        "bench: -p, -n, -r and --sequences must be positive, and -n at least 2");
  ModelArguments loaded = arguments.model;
  if (arguments.train == "classify") loaded.options.head = Head::classify({std::begin(kLabels), std::end(kLabels)});
  Model model = load_model(loaded);
  const std::vector<Row> rows = rows_of(arguments, model);
  const ModelInfo info = model.info();
  if (arguments.is_json) {
    Json json{{"model", arguments.model.model},
              {"types", info.weight_types},
              {"kernels", info.kernels},
              {"threads", info.threads},
              {"peak_resident_mib", peak_resident_mib()}};
    for (const Row& row : rows) json["tokens_per_second"][row.test] = row.tokens_per_second;
    std::cout << json.dump() << '\n';
    return kDone;
  }
  std::cout << "| weights | kernels | threads | test | tokens/s |\n|---|---|---|---|---|\n";
  for (const Row& row : rows)
    std::cout << "| " << info.weight_types << " | " << info.kernels << " | " << info.threads << " | " << row.test
              << " | " << row.tokens_per_second << " |\n";
  std::cout << "\nPeak resident memory: " << peak_resident_mib() << " MiB\n";
  if (arguments.model.options.device.profile) std::cout << '\n' << to_markdown(model.profile());
  return kDone;
}

}  // namespace

void add_bench(Program& program) {
  auto arguments = std::make_shared<BenchArguments>();
  CLI::App& command =
      *program.app.add_subcommand("bench", "Measure prefill and decoding, or training steps; medians of several runs");
  add_model_options(command, arguments->model);
  command.add_option("-p,--prompt", arguments->prompt, "tokens of the prompt")->capture_default_str();
  command.add_option("-n,--predict", arguments->predict, "tokens that are generated")->capture_default_str();
  command.add_option("-r,--repetitions", arguments->repetitions)->capture_default_str();
  command.add_option("--sequences", arguments->sequences, "at once")->capture_default_str();
  command.add_option("--adapters", arguments->adapters,
                     "so many new adapters of rank 16, which the sequences of generation take in turn");
  command
      .add_option("--train", arguments->train,
                  "steps of training in place of generation: lora, full, or classify, which is full with a head of "
                  "three labels")
      ->check(CLI::IsMember({"lora", "full", "classify"}));
  command.add_flag("--embed", arguments->embeds,
                   "embeddings of --sequences texts of 8 to 128 tokens in place of generation");
  command.add_option("--texts", arguments->texts, "with --embed: the lines of this file instead");
  command.add_option("--micro-batch", arguments->training.micro_batch_tokens, "tokens computed at once in training")
      ->capture_default_str();
  command.add_flag("--recompute", arguments->training.recompute, "compute activations again backwards");
  command.add_flag("--ragged", arguments->is_ragged, "training sequences of an eighth of --prompt up to all of it");
  command.add_flag("--profile", arguments->model.options.device.profile, "the time of each kernel");
  command.add_flag("--json", arguments->is_json, "one JSON object");
  command.callback([&program, arguments] {
    arguments->training.precision = arguments->model.options.precision;
    program.action = [arguments] { return bench(*arguments); };
  });
}

}  // namespace graft::inline v0
