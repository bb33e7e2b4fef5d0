// SPDX-License-Identifier: Apache-2.0
#include "api/text_training.hpp"

#include <algorithm>

#include "api/call.hpp"
#include "api/encode_rows.hpp"
#include "api/rows.hpp"
#include "support/in_quotes.hpp"
#include "train/adapter_training.hpp"
#include "train/thawed.hpp"
#include "train/token_objective.hpp"

namespace graft::inline v0 {
namespace {

void no_notice(const std::string&) {}

// What makes one vector of the whole text in a network that embeds has no part in the embedding.
TrainOptions with_frozen_pooler(TrainOptions options, const Trunk& trunk) {
  if (trunk.architecture.task != Task::features) return options;
  for (const ScoreHead& head : trunk.transformer.heads())
    for (const auto& [module, weight] : trunk.parameters.all())
      if (module.starts_with(head.config().module + ".")) options.frozen.push_back("\\Q" + weight->name() + "\\E");
  return options;
}

void check_vocabulary(const Tokenizer& teacher, const Tokenizer& student) {
  const int size = student.vocabulary_size();
  check(teacher.vocabulary_size() == size, "DistillationOptions: the teacher's vocabulary has ",
        teacher.vocabulary_size(), " tokens, expected ", size);
  for (int32_t id = 0; id < size; ++id)
    check(teacher.token(id) == student.token(id), "DistillationOptions: the teacher's token ", id, " is ",
          in_quotes(teacher.token(id)), ", expected ", in_quotes(student.token(id)));
}

}  // namespace

std::vector<TokenRow> TextTraining::rows(const Dataset& data,
                                         const std::function<void(const std::string&)>& notice) const {
  const Edits* edits = adapter_ ? &adapter_->working->edits() : nullptr;
  const size_t length = text_length(*model_, options_.max_length, virtual_tokens(edits));
  if (learns_preferences()) {
    check<UnsupportedError>(model_->trunk->architecture.task == Task::causal, "unsupported: preference tuning of a ",
                            model_->trunk->architecture.name, ", expected a decoder");
    return make_preference_rows(model_->tokenizer, data, {.max_length = length, .notice = notice});
  }
  if (model_->trunk->architecture.task != Task::causal) return make_task_rows(*model_, data, length, notice);
  return make_rows(model_->tokenizer, data, {length, options_.train_on_prompt, edits && edits->prompt, notice});
}

Corruption TextTraining::corruption(std::span<const TokenRow> rows) const {
  const bool has_targets =
      std::any_of(rows.begin(), rows.end(), [](const TokenRow& row) { return !row.target.empty(); });
  return corruption_for(*model_, options_.corruption, has_targets);
}

TrainReport TextTraining::fit(const Dataset& train, const Dataset* held_out) const {
  std::vector<std::string> notices;
  const auto notice = [&](const std::string& text) {
    notices.push_back(text);
    if (options_.on_notice) options_.on_notice(text);
  };
  if (train.duplicates_removed())
    notice(message(train.duplicates_removed(), " duplicate examples were removed before the split"));
  TrainReport report =
      learns_preferences() ? fit_preferences(train, held_out, notice) : fit_rows(train, held_out, notice);
  report.notices.insert(report.notices.begin(), notices.begin(), notices.end());
  return report;
}

TrainReport TextTraining::fit_rows(const Dataset& train, const Dataset* held_out,
                                   const std::function<void(const std::string&)>& notice) const {
  const std::vector<TokenRow> train_rows = rows(train, notice);
  const std::vector<TokenRow> held_out_rows = held_out ? rows(*held_out, notice) : std::vector<TokenRow>();
  const Corruption corruption = this->corruption(train_rows);
  const Edits* edits = adapter_ ? &adapter_->working->edits() : nullptr;
  TokenObjective::Parts parts{
      .edits = edits, .corruption = &corruption, .embedding = model_->embedding_rows(Pooling::automatic)};
  const TokenObjective evaluated(*model_->trunk, held_out_rows, options_, parts);
  std::optional<Call> call;  // of the teacher, which it keeps as it is meanwhile
  std::optional<Teacher> teacher;
  if (options_.distillation.teacher) {
    const Model::State& wise = *options_.distillation.teacher->state();
    check_vocabulary(wise.tokenizer, model_->tokenizer);
    check_teacher(*wise.trunk, *model_->trunk, options_.distillation);
    call.emplace(wise, options_.distillation.adapter);
    check<UnsupportedError>(virtual_tokens(edits) == 0, "unsupported: distillation into virtual tokens");
    parts.teacher = &teacher.emplace(Teacher{call->context, options_.distillation});
  }
  const TokenObjective learned(*model_->trunk, train_rows, options_, parts);
  const FitData data{learned, held_out_rows.empty() ? nullptr : &evaluated};
  return adapter_ ? fit_adapter(data) : fit_model(data);
}

TrainReport TextTraining::fit_adapter(FitData data) const {
  const UseCount::Reading reading(model_->use);
  Method& method = *adapter_->working;
  const Lane lane(model_->trunk->backend);
  TrainOptions options = options_;
  for (const ParameterGroup& group : method.groups(options.learning_rate)) options.groups.push_back(group);
  Trainable trainable = trainable_of(method, *model_->trunk, lane);
  trainable.after_change = [this, lower = std::move(trainable.after_change)] {
    lower();
    adapter_->publish();
  };
  TrainReport report = Fit(model_->trunk->backend, std::move(trainable), data, options).run();
  if (!options_.save_to.empty()) Adapter(adapter_).save(options_.save_to);
  return report;
}

TrainReport TextTraining::fit_model(FitData data) const {
  TrainReport report;
  {
    const UseCount::Writing writing(model_->use);
    check(model_->merged.empty(), "training: an adapter is merged into the model, unmerge it first");
    const Trunk& trunk = *model_->trunk;
    const Lane lane(trunk.backend);
    const Thawed thawed(trunk.parameters, lane, trunk.memory, with_frozen_pooler(options_, trunk), trunk.drawn);
    report = Fit(trunk.backend, thawed.trainable(), data, options_).run();
  }
  if (!options_.save_to.empty()) Model(model_).save(options_.save_to);
  return report;
}

Evaluation TextTraining::evaluate(const Dataset& data) const {
  const UseCount::Reading reading(model_->use);
  const StepLoss loss = learns_preferences() ? loss_of_preferences(data) : loss_of_rows(data);
  return {0, float(loss.mean()), loss.trained, loss.rewards};
}

StepLoss TextTraining::loss_of_rows(const Dataset& data) const {
  const std::vector<TokenRow> token_rows = rows(data, no_notice);
  const std::shared_ptr<const FixedAdapter> adapter = adapter_ ? adapter_->current() : nullptr;
  const Corruption corruption = this->corruption(token_rows);
  const TokenObjective objective(
      *model_->trunk, token_rows, options_,
      {.edits = edits_of(adapter), .corruption = &corruption, .embedding = model_->embedding_rows(Pooling::automatic)});
  return objective.loss_of_all({Lane(model_->trunk->backend), Memory::create()});
}

std::vector<std::vector<PreviewToken>> TextTraining::preview(const Dataset& data, size_t count) const {
  const Tokenizer& tokenizer = model_->tokenizer;
  std::vector<std::vector<PreviewToken>> previews;
  for (const TokenRow& row : rows(data.take(count), no_notice)) {
    std::vector<PreviewToken>& preview = previews.emplace_back();
    for (size_t i = 0; i < row.ids.size(); ++i)
      preview.push_back({row.ids[i], tokenizer.decode({&row.ids[i], 1}), i < row.trained.size() && row.trained[i]});
  }
  return previews;
}

size_t TextTraining::memory_estimate(const Dataset& data) const {
  size_t longest = 0;  // of what is computed at once
  for (const TokenRow& row : rows(data, no_notice))
    longest = std::max(longest, row.ids.size() * (learns_preferences() ? 2 : 1));
  const Trunk& trunk = *model_->trunk;
  size_t trainable = 0;
  if (adapter_)
    trainable = size_t(adapter_->working->parameters());
  else
    for (const auto& [module, weight] : trunk.parameters.all()) trainable += size_t(weight->rows()) * weight->cols();
  const double copies = 1 + state_per_value(options_.optimizer) + (options_.ema_decay > 0);  // the gradient's is one
  const size_t tokens = std::max(longest, size_t(options_.micro_batch_tokens));
  return activation_bytes(trunk, tokens, options_.precision, options_.recompute) +
         size_t(copies * double(trainable * sizeof(float)));
}

}  // namespace graft::inline v0
