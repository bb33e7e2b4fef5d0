// SPDX-License-Identifier: Apache-2.0
#include "graft/trainer.hpp"

#include "api/adapter_state.hpp"
#include "api/encode_rows.hpp"
#include "api/model_state.hpp"
#include "api/rows.hpp"
#include "support/pattern.hpp"
#include "train/fit.hpp"

namespace graft::inline v0 {

struct Trainer::State {
  std::shared_ptr<Model::State> model;
  std::shared_ptr<Adapter::State> adapter;  // null: the model itself
  TrainOptions options;

  std::vector<TokenRow> rows(const Dataset& data, const std::function<void(const std::string&)>& notice) const;
  TrainReport fit(const Dataset& train, const Dataset* held_out) const;
  Evaluation evaluate(const Dataset& data) const;
  TrainReport fit_adapter(FitData data) const;
  TrainReport fit_model(FitData data) const;
};

std::vector<TokenRow> Trainer::State::rows(const Dataset& data,
                                           const std::function<void(const std::string&)>& notice) const {
  const size_t length = text_length(*model, options.max_length);
  if (model->trunk->architecture.task != Task::causal) return make_task_rows(*model, data, length, notice);
  return make_rows(model->tokenizer, data, {length, options.train_on_prompt, notice});
}

TrainReport Trainer::State::fit(const Dataset& train, const Dataset* held_out) const {
  std::vector<std::string> notices;
  const auto notice = [&](const std::string& text) {
    notices.push_back(text);
    if (options.on_notice) options.on_notice(text);
  };
  if (train.duplicates_removed())
    notice(message(train.duplicates_removed(), " duplicate examples were removed before the split"));
  const std::vector<TokenRow> train_rows = rows(train, notice);
  const std::vector<TokenRow> held_out_rows = held_out ? rows(*held_out, notice) : std::vector<TokenRow>();
  const Corruption corruption = corruption_for(*model, options.corruption, !train_rows[0].target.empty());
  const FitData data{train_rows, held_out_rows, corruption.kind == Corruption::Kind::none ? nullptr : &corruption};
  TrainReport report = adapter ? fit_adapter(data) : fit_model(data);
  report.notices.insert(report.notices.begin(), notices.begin(), notices.end());
  return report;
}

TrainReport Trainer::State::fit_adapter(FitData data) const {
  const UseCount::Reading reading(model->use);
  Trainable trainable;
  for (const LoraSite& site : adapter->working.sites()) {
    trainable.parameters.push_back({site.name + ".lora_A.weight", site.low_rank.down});
    trainable.parameters.push_back({site.name + ".lora_B.weight", site.low_rank.up});
  }
  trainable.edits = &adapter->working.edits();
  trainable.after_change = [this] { adapter->publish(); };
  TrainReport report = Fit(*model->trunk, std::move(trainable), data, options).run();
  if (!options.save_to.empty()) save_peft(*adapter->current(), options.save_to, adapter->base);
  return report;
}

namespace {

std::vector<Pattern> patterns(const std::vector<std::string>& texts) {
  std::vector<Pattern> patterns;
  for (const std::string& text : texts) patterns.emplace_back(text, "TrainOptions: frozen");
  return patterns;
}

bool matches_any(const std::vector<Pattern>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& one) { return one.matches_whole(name); });
}

// Weights that have masters, until the end of training or an error.
struct Thawed {
  ~Thawed() {
    for (Weight* weight : weights) weight->freeze();
  }
  std::vector<Weight*> weights = {};
};

}  // namespace

TrainReport Trainer::State::fit_model(FitData data) const {
  TrainReport report;
  {
    const UseCount::Writing writing(model->use);
    check(model->merged.empty(), "training: an adapter is merged into the model, unmerge it first");
    const Lane lane(model->trunk->backend);
    const std::shared_ptr<Memory> memory = Memory::create();
    Thawed thawed;
    Trainable trainable;
    const std::vector<Pattern> frozen = patterns(options.frozen);
    for (const auto& [module, weight] : model->trunk->parameters.all()) {
      if (matches_any(frozen, weight->name())) continue;
      weight->thaw(lane, model->trunk->memory, options.precision == Precision::f32);
      thawed.weights.push_back(weight.get());
      trainable.parameters.push_back({weight->name(), weight->parameter()});
    }
    trainable.after_change = [&] {
      for (Weight* weight : thawed.weights) weight->repack(lane);
    };
    report = Fit(*model->trunk, std::move(trainable), data, options).run();
  }
  if (!options.save_to.empty()) Model(model).save(options.save_to);
  return report;
}

Trainer::Trainer(const Model& model, LoRAAdapter& adapter, const TrainOptions& options)
    : state_(std::make_unique<State>(State{model.state(), adapter.state(), options})) {
  check_options(options);
}

Trainer::Trainer(Model& model, const TrainOptions& options)
    : state_(std::make_unique<State>(State{model.state(), nullptr, options})) {
  check_options(options);
}

Trainer::Trainer(Trainer&&) noexcept = default;
Trainer::~Trainer() = default;

TrainReport Trainer::fit(const Dataset& train) { return state_->fit(train, nullptr); }
TrainReport Trainer::fit(const Dataset& train, const Dataset& held_out) { return state_->fit(train, &held_out); }

Evaluation Trainer::State::evaluate(const Dataset& data) const {
  const UseCount::Reading reading(model->use);
  const std::vector<TokenRow> token_rows = rows(data, [](const std::string&) {});
  std::vector<NumberedRow> numbered;
  for (size_t i = 0; i < token_rows.size(); ++i) numbered.push_back({&token_rows[i], int64_t(i)});
  const std::shared_ptr<const Lora> lora = adapter ? adapter->current() : nullptr;
  const Lane lane(model->trunk->backend);
  const Edits* edits = lora ? &lora->edits() : nullptr;
  const Corruption corruption = corruption_for(*model, options.corruption, !token_rows[0].target.empty());
  const StepContext context{.network = {*model->trunk, lane, Memory::create(), options.precision, edits},
                            .micro_batch_tokens = size_t(options.micro_batch_tokens),
                            .label_smoothing = options.label_smoothing,
                            .corruption = corruption.kind == Corruption::Kind::none ? nullptr : &corruption};
  const StepLoss loss = compute_loss(context, numbered, nullptr);
  return {0, float(loss.mean()), loss.trained};
}

Evaluation Trainer::evaluate(const Dataset& data) const { return state_->evaluate(data); }

Evaluation evaluate(const Model& model, const Adapter* adapter, const Dataset& data, const TrainOptions& options) {
  check_options(options);
  return Trainer::State{model.state(), adapter ? adapter->state() : nullptr, options}.evaluate(data);
}

std::vector<std::vector<PreviewToken>> Trainer::preview(const Dataset& data, size_t count) const {
  const Tokenizer& tokenizer = state_->model->tokenizer;
  std::vector<std::vector<PreviewToken>> previews;
  for (const TokenRow& row : state_->rows(data.take(count), [](const std::string&) {})) {
    std::vector<PreviewToken>& preview = previews.emplace_back();
    for (size_t i = 0; i < row.ids.size(); ++i)
      preview.push_back({row.ids[i], tokenizer.decode({&row.ids[i], 1}), i < row.trained.size() && row.trained[i]});
  }
  return previews;
}

size_t Trainer::memory_estimate(const Dataset& data) const {
  size_t longest = 0;
  for (const TokenRow& row : state_->rows(data, [](const std::string&) {})) longest = std::max(longest, row.ids.size());
  const Trunk& trunk = *state_->model->trunk;
  size_t trainable = 0;
  if (state_->adapter)
    for (const LoraSite& site : state_->adapter->working.sites())
      trainable += site.low_rank.down.size() + site.low_rank.up.size();
  else
    for (const auto& [module, weight] : trunk.parameters.all()) trainable += size_t(weight->rows()) * weight->cols();
  constexpr size_t kCopies = 3;  // gradient and two moments
  const size_t tokens = std::max(longest, size_t(state_->options.micro_batch_tokens));
  return activation_bytes(trunk, tokens, state_->options.precision, state_->options.recompute) +
         kCopies * trainable * sizeof(float);
}

}  // namespace graft::inline v0
