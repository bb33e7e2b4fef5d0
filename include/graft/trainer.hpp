// SPDX-License-Identifier: Apache-2.0
//
//   graft::LoRAAdapter adapter(model, {.rank = 16});
//   graft::Trainer trainer(model, adapter, {.epochs = 3, .learning_rate = 2e-4f});
//   const graft::TrainReport report = trainer.fit(train, held_out);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <graft/adapter.hpp>
#include <graft/dataset.hpp>
#include <graft/example_stream.hpp>
#include <graft/model.hpp>
#include <graft/table_model.hpp>
#include <graft/train_options.hpp>

namespace graft::inline v0 {

struct PreviewToken {
  int32_t id = 0;
  std::string text;
  bool trained = false;  // whether it has a loss
};

// Tunes an adapter, or a model itself, on a Dataset; or a table model on tables, or on rows of features that the host
// made. Other data than the model's are an ArgumentError. Neither the model nor the adapter is owned. One thread at a
// time.
class GRAFT_EXPORT Trainer {
 public:
  // Trains the adapter; the model stays as it is and may be used meanwhile.
  Trainer(const Model& model, Adapter& adapter, const TrainOptions& options = {});
  // Trains every weight of the model, which nobody else may use during fit.
  explicit Trainer(Model& model, const TrainOptions& options = {});
  explicit Trainer(TableModel& model, const TrainOptions& options = {});
  Trainer(Trainer&&) noexcept;
  ~Trainer();

  // Throws ArgumentError when nothing could be learned (no example, no trained token, no target), NumericError for a
  // loss that is not finite or a trainable tensor without a gradient. What was trained before an error is kept.
  TrainReport fit(const Dataset& train);
  TrainReport fit(const Dataset& train, const Dataset& held_out);
  // The stream begins again at its end; max_steps ends the training. Who shuffles is the stream.
  TrainReport fit(const ExampleStream& train);
  TrainReport fit(const ExampleStream& train, const Dataset& held_out);
  TrainReport fit(const Table& train);
  TrainReport fit(const Table& train, const Table& held_out);
  TrainReport fit(const TableFeatures& train);
  TrainReport fit(const TableFeatures& train, const TableFeatures& held_out);

  Evaluation evaluate(const Dataset& data) const;
  Evaluation evaluate(const Table& data) const;
  Evaluation evaluate(const TableFeatures& data) const;

  // The exact tokens of the first examples, and which of them have a loss.
  std::vector<std::vector<PreviewToken>> preview(const Dataset& data, size_t count = 1) const;
  // An estimate of the bytes that fit needs beside the weights.
  size_t memory_estimate(const Dataset& data) const;
  // Chooses micro_batch_tokens, and recompute if need be, so that this estimate is at most `bytes`. Throws
  // ResourceError with what is needed at least.
  void fit_to_memory(const Dataset& data, size_t bytes);
  // Chooses max_steps so that fit, with its schedule, ends after about so many seconds: measures a few steps, which
  // change nothing. At least one step, at most those of all epochs.
  void fit_to_time(const Dataset& data, double seconds);
  const TrainOptions& options() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

// The loss of a model, with an adapter unless null, on data. Of the options, max_length, train_on_prompt, precision and
// micro_batch_tokens count.
GRAFT_EXPORT Evaluation evaluate(const Model& model, const Adapter* adapter, const Dataset& data,
                                 const TrainOptions& options = {});

}  // namespace graft::inline v0
