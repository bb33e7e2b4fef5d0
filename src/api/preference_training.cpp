// SPDX-License-Identifier: Apache-2.0
//
// Training on pairs of answers.
#include <optional>

#include "api/call.hpp"
#include "api/rows.hpp"
#include "api/same_tokens.hpp"
#include "api/text_training.hpp"
#include "train/preference_loss.hpp"

namespace graft::inline v0 {

PreferencePairs TextTraining::pairs(const Dataset& data, const Notice& notice) const {
  PreferencePairs pairs = make_pairs(rows(data, notice), options_);
  if (!has_reference(options_.preference.loss)) return pairs;
  const Model* other = options_.preference.reference;
  check(other || adapter_,
        "TrainOptions: preference.reference: without an adapter, expected another model to compare with");
  const Model::State& reference = other ? *other->state() : *model_;
  check_same_tokens(reference.tokenizer, model_->tokenizer, "TrainOptions: preference.reference");
  check(reference.trunk->architecture.task == Task::causal, "TrainOptions: preference.reference is a ",
        reference.trunk->architecture.name, ", expected a decoder");
  Call call(reference, nullptr);
  call.context.precision = options_.precision;
  add_reference(pairs, call.context, options_);
  return pairs;
}

TrainReport TextTraining::with_preferences(const Dataset& train, const Dataset* held_out, const Notice& notice,
                                           const UseFit& use) const {
  const PreferencePairs train_pairs = pairs(train, notice);
  const PreferencePairs held_out_pairs = held_out ? pairs(*held_out, notice) : PreferencePairs();
  const Edits* edits = adapter_ ? &adapter_->working->edits() : nullptr;
  const PreferenceObjective learned(*model_->trunk, train_pairs, options_, edits),
      evaluated(*model_->trunk, held_out_pairs, options_, edits);
  const FitData data{learned, held_out ? &evaluated : nullptr};
  return adapter_ ? with_adapter(data, use) : with_model(data, use);
}

StepLoss TextTraining::loss_of_preferences(const Dataset& data) const {
  const PreferencePairs all = pairs(data, [](const std::string&) {});
  const std::shared_ptr<const FixedAdapter> adapter = adapter_ ? adapter_->current() : nullptr;
  const PreferenceObjective objective(*model_->trunk, all, options_, edits_of(adapter));
  return objective.loss_of_all({Lane(model_->trunk->backend), Memory::create(*model_->trunk->backend)});
}

}  // namespace graft::inline v0
