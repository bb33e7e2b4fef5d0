// SPDX-License-Identifier: Apache-2.0
#include "graft/trainer.hpp"

#include "api/table_training.hpp"
#include "api/text_training.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

// One of both.
struct Trainer::State {
  std::optional<TextTraining> text = {};
  std::optional<TableTraining> table = {};

  const TextTraining& of_text() const {
    check(text.has_value(), "Trainer: a TableModel learns from tables, not from a Dataset");
    return *text;
  }
  TextTraining& of_text() {
    std::as_const(*this).of_text();
    return *text;
  }
  const TableTraining& of_tables() const {
    check(table.has_value(), "Trainer: a Model learns from a Dataset, not from tables");
    return *table;
  }
};

Trainer::Trainer(const Model& model, Adapter& adapter, const TrainOptions& options)
    : state_(std::make_unique<State>()) {
  check_options(options);
  state_->text.emplace(model.state(), adapter.state(), options);
}

Trainer::Trainer(Model& model, const TrainOptions& options) : state_(std::make_unique<State>()) {
  check_options(options);
  state_->text.emplace(model.state(), nullptr, options);
}

Trainer::Trainer(TableModel& model, const TrainOptions& options) : state_(std::make_unique<State>()) {
  check_options(options);
  state_->table.emplace(model.state(), options);
}

Trainer::Trainer(Trainer&&) noexcept = default;
Trainer::~Trainer() = default;

TrainReport Trainer::fit(const Dataset& train) { return state_->of_text().fit(train, nullptr); }
TrainReport Trainer::fit(const Dataset& train, const Dataset& held_out) {
  return state_->of_text().fit(train, &held_out);
}

TrainReport Trainer::fit(const ExampleStream& train) { return state_->of_text().fit(train, nullptr); }
TrainReport Trainer::fit(const ExampleStream& train, const Dataset& held_out) {
  return state_->of_text().fit(train, &held_out);
}

TrainReport Trainer::fit(const Table& train) { return fit(state_->of_tables().features(train)); }
TrainReport Trainer::fit(const Table& train, const Table& held_out) {
  const TableTraining& training = state_->of_tables();
  return fit(training.features(train), training.features(held_out));
}

TrainReport Trainer::fit(const TableFeatures& train) { return state_->of_tables().fit(train, nullptr); }
TrainReport Trainer::fit(const TableFeatures& train, const TableFeatures& held_out) {
  return state_->of_tables().fit(train, &held_out);
}

Evaluation Trainer::evaluate(const Dataset& data) const { return state_->of_text().evaluate(data); }
Evaluation Trainer::evaluate(const Table& data) const { return evaluate(state_->of_tables().features(data)); }
Evaluation Trainer::evaluate(const TableFeatures& data) const { return state_->of_tables().evaluate(data); }

std::vector<std::vector<PreviewToken>> Trainer::preview(const Dataset& data, size_t count) const {
  return state_->of_text().preview(data, count);
}

size_t Trainer::memory_estimate(const Dataset& data) const { return state_->of_text().memory_estimate(data); }

void Trainer::fit_to_memory(const Dataset& data, size_t bytes) { state_->of_text().fit_to_memory(data, bytes); }

void Trainer::fit_to_time(const Dataset& data, double seconds) { state_->of_text().fit_to_time(data, seconds); }

const TrainOptions& Trainer::options() const {
  return state_->text ? state_->text->options() : state_->table->options();
}

Evaluation evaluate(const Model& model, const Adapter* adapter, const Dataset& data, const TrainOptions& options) {
  check_options(options);
  return TextTraining(model.state(), adapter ? adapter->state() : nullptr, options).evaluate(data);
}

}  // namespace graft::inline v0
