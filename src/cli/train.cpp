// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <map>
#include <optional>

#include "cli/arguments.hpp"
#include "cli/cancellation.hpp"
#include "cli/choice.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/settings.hpp"
#include "support/json.hpp"
#include "support/message.hpp"
#include "train/report_json.hpp"

namespace graft::inline v0 {
namespace {

const std::map<std::string, TrainMethod> kMethods = {
    {"lora", TrainMethod::lora},     {"dora", TrainMethod::dora},     {"adalora", TrainMethod::adalora},
    {"ia3", TrainMethod::ia3},       {"vera", TrainMethod::vera},     {"prefix", TrainMethod::prefix},
    {"prompt", TrainMethod::prompt}, {"bitfit", TrainMethod::bitfit}, {"full", TrainMethod::full},
};

struct TrainArguments {
  ModelArguments model;
  std::string data, held_out, output, config, head, teacher, optimizer, schedule, preference, reference;
  double held_out_share = 0;
  std::vector<std::string> assignments;
  TrainMethod method = TrainMethod::lora;
  bool is_json = false, is_preview = false;
};

Json json_of(const TrainReport& report) {
  return {{"steps", report.steps},
          {"tokens", report.tokens},
          {"trained_tokens", report.trained_tokens},
          {"trained_parameters", report.trained_parameters},
          {"seconds", report.seconds},
          {"tokens_per_second", report.tokens_per_second},
          {"peak_bytes", report.peak_bytes},
          {"cancelled", report.cancelled},
          {"stopped_early", report.stopped_early},
          {"losses", report.losses},
          {"notices", report.notices}};
}

void watch(TrainOptions& options, Progress& progress, bool is_json) {
  const auto print = [](const Json& json) { std::cout << json.dump() << std::endl; };
  options.on_step = [=, &progress](const StepInfo& step) { is_json ? print(json_of(step)) : progress.step(step); };
  options.on_evaluation = [=, &progress](const Evaluation& evaluation) {
    is_json ? print(json_of(evaluation)) : progress.evaluation(evaluation);
  };
  options.on_notice = [=, &progress](const std::string& text) {
    is_json ? print({{"notice", text}}) : progress.line("note: " + text);
  };
}

// The loss over time in one line of text, each column a mean of some steps.
std::string curve(const std::vector<float>& losses) {
  constexpr const char* kHeights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr size_t kColumns = 60;
  const size_t columns = std::min(kColumns, losses.size());
  std::vector<float> means;
  for (size_t i = 0; i < columns; ++i) {
    const size_t begin = i * losses.size() / columns, end = (i + 1) * losses.size() / columns;
    float sum = 0;
    for (size_t at = begin; at < end; ++at) sum += losses[at];
    means.push_back(sum / float(end - begin));
  }
  const auto [least, most] = std::minmax_element(means.begin(), means.end());
  std::string text;
  for (const float mean : means) text += kHeights[size_t(7.99f * (mean - *least) / std::max(*most - *least, 1e-9f))];
  return message(text, "  ", means.front(), " to ", means.back());
}

void print_preview(const Trainer& trainer, const Dataset& data) {
  const std::vector<std::vector<PreviewToken>> rows = trainer.preview(data, 1);
  for (const PreviewToken& token : rows.front())
    std::cout << (token.trained ? "+ " : "  ") << token.id << '\t' << Json(token.text).dump() << '\n';
}

TrainReport fit(Trainer& trainer, const TrainArguments& arguments, const Dataset& data) {
  if (!arguments.held_out.empty()) return trainer.fit(data, read_data(arguments.held_out));
  if (arguments.held_out_share <= 0) return trainer.fit(data);
  const auto [train, held_out] = data.split(1 - arguments.held_out_share);
  return trainer.fit(train, held_out);
}

// None where the model itself is trained.
std::optional<Adapter> make_adapter(const Model& model, TrainSettings& settings) {
  settings.lora.seed = settings.adalora.seed = settings.vera.seed = settings.virtual_tokens.seed = settings.train.seed;
  settings.lora.dora = settings.method == TrainMethod::dora;
  switch (settings.method) {
    case TrainMethod::lora:
    case TrainMethod::dora:
      return LoRAAdapter(model, settings.lora);
    case TrainMethod::adalora:
      return AdaLoRAAdapter(model, settings.adalora);
    case TrainMethod::ia3:
      return IA3Adapter(model, settings.ia3);
    case TrainMethod::vera:
      return VeRAAdapter(model, settings.vera);
    case TrainMethod::prefix:
      return PrefixAdapter(model, settings.virtual_tokens);
    case TrainMethod::prompt:
      return PromptAdapter(model, settings.virtual_tokens);
    case TrainMethod::bitfit:
      settings.train.trained.push_back(".*bias");
      break;
    case TrainMethod::full:
      break;
  }
  return std::nullopt;
}

// The rank of each matrix that training left.
void print_ranks(const Adapter& adapter) {
  for (const auto& [module, rank] : adapter.ranks()) std::cout << "rank " << rank << "  " << module << '\n';
}

int train(const TrainArguments& arguments) {
  const Cancellation cancellation;
  TrainSettings settings{.method = arguments.method};
  settings.train.precision = arguments.model.options.precision;  // unless precision= says otherwise
  if (!arguments.config.empty()) apply_settings_file(settings, arguments.config);
  if (!arguments.optimizer.empty()) apply_settings(settings, {"optimizer=" + arguments.optimizer});
  if (!arguments.schedule.empty()) apply_settings(settings, {"schedule=" + arguments.schedule});
  if (!arguments.preference.empty()) apply_settings(settings, {"preference.loss=" + arguments.preference});
  apply_settings(settings, arguments.assignments);
  const Dataset data = read_data(arguments.data);
  ModelArguments of_model = arguments.model;
  if (!arguments.head.empty()) of_model.options.head = read_head(arguments.head);
  Model model = load_model(of_model);
  std::optional<Model> teacher;
  if (!arguments.teacher.empty())
    settings.train.distillation.teacher = &teacher.emplace(Model::load(arguments.teacher, arguments.model.options));
  std::optional<Model> reference;
  if (!arguments.reference.empty())
    settings.train.preference.reference = &reference.emplace(Model::load(arguments.reference, arguments.model.options));
  Progress progress;
  settings.train.cancel = cancellation.token();
  settings.train.save_to = arguments.output;
  watch(settings.train, progress, arguments.is_json);
  std::optional<Adapter> adapter = make_adapter(model, settings);
  Trainer trainer = adapter ? Trainer(model, *adapter, settings.train) : Trainer(model, settings.train);
  if (arguments.is_preview) return print_preview(trainer, data), kDone;
  if (!arguments.is_json)
    progress.line(message("training ", adapter ? message(adapter->parameters(), " of ") : "", model.info().parameters,
                          " parameters on ", data.size(), " examples; about ", trainer.memory_estimate(data) >> 20,
                          " MiB"));
  const TrainReport report = fit(trainer, arguments, data);
  progress.finish();
  if (adapter && settings.method == TrainMethod::adalora && !arguments.is_json) print_ranks(*adapter);
  if (arguments.is_json)
    std::cout << json_of(report).dump() << '\n';
  else
    std::cout << "loss  " << curve(report.losses) << '\n'
              << report.steps << " steps, " << report.tokens << " tokens in " << clock_text(report.seconds) << " ("
              << int(report.tokens_per_second) << " tokens/s), peak " << (report.peak_bytes >> 20) << " MiB\n"
              << "saved to " << arguments.output << '\n';
  return report.cancelled ? kCancelled : kDone;
}

}  // namespace

void add_train(Program& program) {
  auto arguments = std::make_shared<TrainArguments>();
  CLI::App& command = *program.app.add_subcommand("train", "Tune an adapter, or the model itself");
  add_model_options(command, arguments->model);
  command
      .add_option(
          "--data", arguments->data,
          "JSONL with messages, prompt and completion, prompt, chosen and rejected, text, or text and label; or a .txt")
      ->required();
  command.add_option("--held-out", arguments->held_out, "data for evaluation");
  command.add_option("--held-out-share", arguments->held_out_share, "or this share of the data");
  command.add_option("-o,--out", arguments->output, "folder for the result")->required();
  command.add_option("--config", arguments->config, "JSON file of options");
  command.add_option("--optimizer", arguments->optimizer, "the same as optimizer=NAME");
  command.add_option("--schedule", arguments->schedule, "the same as schedule=NAME");
  command.add_option("--head", arguments->head,
                     "a new head: classify=A,B,C, labels=A,B,C (any of them), regress, tag=O,B-X,I-X or answer");
  command.add_option("--teacher", arguments->teacher, "a model to learn from, too: see distillation. below");
  command.add_option("--preference", arguments->preference,
                     "learn from a prompt, a chosen and a rejected answer: dpo, ipo, orpo, simpo or kto");
  command.add_option("--reference", arguments->reference,
                     "the model that dpo, ipo and kto compare with; needed where the model itself is trained");
  CLI::Option* method = add_choice(
      command, "--method", arguments->method, kMethods,
      "lora (default), dora, adalora, ia3, vera, prefix, prompt; or of the model itself bitfit (biases) or full");
  command
      .add_flag_callback(
          "--full", [arguments] { arguments->method = TrainMethod::full; }, "short for --method full")
      ->excludes(method);
  command.add_flag("--preview", arguments->is_preview, "show the first example's tokens (+: learned) and end");
  command.add_flag("--json", arguments->is_json, "one JSON object a step, and the report");
  command.add_option("options", arguments->assignments, "NAME=VALUE …; they go before those of --config");
  std::string help =
      "Example: graft train -m bert-base-uncased --full --head classify=praise,blame --data reviews.jsonl -o reviews "
      "learning_rate=3e-5\nOptions and their defaults:\n" +
      describe_settings({});
  for (const auto& [name, value] : kMethods)
    if (const std::string own = describe_method({.method = value}); !own.empty())
      help += "Of --method " + name + ":\n" + own;
  command.footer(help);
  command.callback([&program, arguments] { program.action = [arguments] { return train(*arguments); }; });
}

}  // namespace graft::inline v0
