// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/call.hpp"
#include "data/pack.hpp"
#include "graft/example_stream.hpp"
#include "graft/trainer.hpp"
#include "train/corruption.hpp"
#include "train/fit.hpp"
#include "train/preference_objective.hpp"
#include "train/token_objective.hpp"

namespace graft::inline v0 {

inline void no_notice(const std::string&) {}

// Trains a model, or an adapter for it, on examples of text.
class TextTraining {
 public:
  // `adapter` null: the model itself.
  TextTraining(std::shared_ptr<Model::State> model, std::shared_ptr<Adapter::State> adapter, TrainOptions options)
      : model_(std::move(model)), adapter_(std::move(adapter)), options_(std::move(options)) {}

  // `held_out` may be null.
  TrainReport fit(const Dataset& train, const Dataset* held_out) const;
  TrainReport fit(const ExampleStream& train, const Dataset* held_out) const;
  Evaluation evaluate(const Dataset& data) const;
  std::vector<std::vector<PreviewToken>> preview(const Dataset& data, size_t count) const;
  size_t memory_estimate(const Dataset& data) const;
  void fit_to_memory(const Dataset& data, size_t bytes);
  void fit_to_time(const Dataset& data, double seconds);
  const TrainOptions& options() const { return options_; }

 private:
  using UseFit = std::function<TrainReport(Fit& fit)>;
  using Notice = std::function<void(const std::string&)>;
  using MakeObjective = std::function<std::unique_ptr<Objective>(const TokenObjective::Parts& parts)>;

  bool learns_preferences() const { return options_.preference.loss != PreferenceLoss::none; }
  std::vector<TokenRow> rows(const Dataset& data, const Notice& notice) const;
  Corruption corruption(std::span<const TokenRow> rows) const;
  // Makes the call of the model that fills in tokens; null: there is none.
  const NetworkContext* open_generator(std::optional<Call>& call) const;
  PreferencePairs pairs(const Dataset& data, const Notice& notice) const;

  // Saves what `train` has trained; the report has its notices, too.
  TrainReport fit_and_save(const std::function<TrainReport(const Notice& notice)>& train) const;
  // Each makes a run of the data and gives it to `use`.
  TrainReport with_fit(const Dataset& train, const Dataset* held_out, const Notice& notice, const UseFit& use) const;
  TrainReport with_rows(const Dataset& train, const Dataset* held_out, const Notice& notice, const UseFit& use) const;
  // `first_rows`: some of those that are learned.
  TrainReport with_objective(std::span<const TokenRow> first_rows, const MakeObjective& make, const Dataset* held_out,
                             const Notice& notice, const UseFit& use) const;
  TrainReport with_preferences(const Dataset& train, const Dataset* held_out, const Notice& notice,
                               const UseFit& use) const;
  TrainReport with_adapter(FitData data, const UseFit& use) const;
  TrainReport with_model(FitData data, const UseFit& use) const;
  StepLoss loss_of_rows(const Dataset& data) const;
  StepLoss loss_of_preferences(const Dataset& data) const;
  int64_t trained_values() const;
  struct StepTokens {
    size_t row = 0, step = 0;  // the most of each
  };
  StepTokens step_tokens(const Dataset& data) const;
  size_t bytes_of(const TrainOptions& options, const StepTokens& most) const;

  std::shared_ptr<Model::State> model_;
  std::shared_ptr<Adapter::State> adapter_;
  TrainOptions options_;
};

}  // namespace graft::inline v0
