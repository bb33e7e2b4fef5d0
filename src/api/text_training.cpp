// SPDX-License-Identifier: Apache-2.0
#include "api/text_training.hpp"

#include <algorithm>
#include <exception>
#include <unordered_set>

#include "api/call.hpp"
#include "api/encode_rows.hpp"
#include "api/rows.hpp"
#include "api/same_tokens.hpp"
#include "api/save_result.hpp"
#include "graft/group.hpp"
#include "train/adapter_training.hpp"
#include "train/thawed.hpp"
#include "train/token_objective.hpp"

namespace graft::inline v0 {
namespace {

// Where training fails, the other ranks do not wait for this one.
class LeaveOnFailure {
 public:
  explicit LeaveOnFailure(Group* group) : group_(group) {}
  LeaveOnFailure(const LeaveOnFailure&) = delete;
  LeaveOnFailure& operator=(const LeaveOnFailure&) = delete;
  ~LeaveOnFailure() {
    if (group_ && std::uncaught_exceptions() > before_) group_->leave();
  }

 private:
  Group* group_;
  int before_ = std::uncaught_exceptions();
};

// What makes one vector of the whole text in a network that embeds has no part in the embedding.
TrainOptions with_frozen_pooler(TrainOptions options, const Trunk& trunk) {
  if (trunk.architecture.task != Task::features) return options;
  for (const ScoreHead& head : trunk.transformer.heads())
    for (const auto& [module, weight] : trunk.parameters.all())
      if (module.starts_with(head.config().module + ".")) options.frozen.push_back("\\Q" + weight->name() + "\\E");
  return options;
}

// How many held-out examples have exactly the text of one that is learned.
size_t count_known(const Dataset& train, const Dataset& held_out) {
  std::unordered_set<std::string> texts;
  for (size_t i = 0; i < held_out.size(); ++i) texts.insert(held_out[i].all_text());
  std::unordered_set<std::string> known;
  for (size_t i = 0; i < train.size(); ++i)
    if (std::string text = train[i].all_text(); texts.contains(text)) known.insert(std::move(text));
  size_t count = 0;
  for (size_t i = 0; i < held_out.size(); ++i) count += known.contains(held_out[i].all_text());
  return count;
}

}  // namespace

std::vector<TokenRow> TextTraining::rows(const Dataset& data, const Notice& notice) const {
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

const NetworkContext* TextTraining::open_generator(std::optional<Call>& call) const {
  const Model* generator = options_.corruption.generator;
  if (!generator) return nullptr;
  const Architecture &own = model_->trunk->architecture, &other = generator->state()->trunk->architecture;
  check(own.task == Task::discriminate,
        "CorruptionOptions: the generator is for a model that finds replaced tokens, not a ", own.name);
  check(other.task == Task::masked, "CorruptionOptions: the generator is a ", other.name, ", expected a masked model");
  check_same_tokens(generator->state()->tokenizer, model_->tokenizer, "CorruptionOptions: generator");
  return &call.emplace(*generator->state(), nullptr).context;
}

TrainReport TextTraining::fit_and_save(const std::function<TrainReport(const Notice&)>& train) const {
  const LeaveOnFailure leave(options_.group.get());
  const std::filesystem::path save_to =
      options_.group && options_.group->rank() > 0 ? std::filesystem::path() : options_.save_to;
  check_can_save(save_to);
  std::vector<std::string> notices;
  TrainReport report = train([&](const std::string& text) {
    notices.push_back(text);
    if (options_.on_notice) options_.on_notice(text);
  });
  save_result(save_to, [&](const auto& path) { adapter_ ? Adapter(adapter_).save(path) : Model(model_).save(path); });
  report.notices.insert(report.notices.begin(), notices.begin(), notices.end());
  return report;
}

TrainReport TextTraining::fit(const Dataset& train, const Dataset* held_out) const {
  return fit_and_save([&](const Notice& notice) {
    if (train.duplicates_removed())
      notice(message(train.duplicates_removed(), " duplicate examples were removed before the split"));
    if (const size_t known = held_out ? count_known(train, *held_out) : 0)
      notice(message(known, " of ", held_out->size(),
                     " held-out examples have the text of a training example, so their loss tells less"));
    return with_fit(train, held_out, notice, [](Fit& fit) { return fit.run(); });
  });
}

TrainReport TextTraining::with_fit(const Dataset& train, const Dataset* held_out, const Notice& notice,
                                   const UseFit& use) const {
  return learns_preferences() ? with_preferences(train, held_out, notice, use)
                              : with_rows(train, held_out, notice, use);
}

TrainReport TextTraining::with_rows(const Dataset& train, const Dataset* held_out, const Notice& notice,
                                    const UseFit& use) const {
  const std::vector<TokenRow> learned = rows(train, notice);
  const auto make = [&](const TokenObjective::Parts& parts) -> std::unique_ptr<Objective> {
    return std::make_unique<TokenObjective>(*model_->trunk, learned, options_, parts);
  };
  return with_objective(learned, make, held_out, notice, use);
}

TrainReport TextTraining::with_objective(std::span<const TokenRow> first_rows, const MakeObjective& make,
                                         const Dataset* held_out, const Notice& notice, const UseFit& use) const {
  const std::vector<TokenRow> held_out_rows = held_out ? rows(*held_out, notice) : std::vector<TokenRow>();
  const Corruption corruption = this->corruption(first_rows);
  const Edits* edits = adapter_ ? &adapter_->working->edits() : nullptr;
  std::optional<Call> call, generating;  // of the teacher and the generator, which they keep as they are meanwhile
  TokenObjective::Parts parts{.edits = edits,
                              .corruption = &corruption,
                              .generator = open_generator(generating),
                              .embedding = model_->embedding_rows(Pooling::automatic)};
  const TokenObjective evaluated(*model_->trunk, held_out_rows, options_, parts);
  std::optional<Teacher> teacher;
  if (options_.distillation.teacher) {
    const Model::State& wise = *options_.distillation.teacher->state();
    check_same_tokens(wise.tokenizer, model_->tokenizer, "DistillationOptions: teacher");
    check_teacher(*wise.trunk, *model_->trunk, options_.distillation);
    call.emplace(wise, options_.distillation.adapter);
    check<UnsupportedError>(virtual_tokens(edits) == 0, "unsupported: distillation into virtual tokens");
    parts.teacher = &teacher.emplace(Teacher{call->context, options_.distillation});
  }
  const std::unique_ptr<Objective> learned = make(parts);
  const FitData data{*learned, held_out_rows.empty() ? nullptr : &evaluated};
  return adapter_ ? with_adapter(data, use) : with_model(data, use);
}

TrainReport TextTraining::with_adapter(FitData data, const UseFit& use) const {
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
  Fit fit(model_->trunk->backend, std::move(trainable), data, options);
  return use(fit);
}

TrainReport TextTraining::with_model(FitData data, const UseFit& use) const {
  const UseCount::Writing writing(model_->use);
  check(model_->merged.empty(), "training: an adapter is merged into the model, unmerge it first");
  const Trunk& trunk = *model_->trunk;
  const Lane lane(trunk.backend);
  const Thawed thawed(trunk.parameters, lane, trunk.memory, with_frozen_pooler(options_, trunk), trunk.drawn);
  Fit fit(trunk.backend, thawed.trainable(), data, options_);
  return use(fit);
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
  std::optional<Call> generating;
  const TokenObjective objective(*model_->trunk, token_rows, options_,
                                 {.edits = edits_of(adapter),
                                  .corruption = &corruption,
                                  .generator = open_generator(generating),
                                  .embedding = model_->embedding_rows(Pooling::automatic)});
  return objective.loss_of_all({Lane(model_->trunk->backend), Memory::create(*model_->trunk->backend)});
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

}  // namespace graft::inline v0
