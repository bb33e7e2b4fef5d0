// SPDX-License-Identifier: Apache-2.0
#include "graft/table_model.hpp"

#include <algorithm>

#include "api/table_model_state.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "train/table_objective.hpp"

namespace graft::inline v0 {
namespace {

TableModel create(SequentialConfig config, std::optional<TableEncoding> encoding, const TableModelOptions& options) {
  auto state = std::make_shared<TableModel::State>(std::move(config), std::move(encoding), options.device);
  if (state->encoding) check_outputs(state->network, *state->encoding);
  initialise(state->network.config(), state->parameters, Lane(state->backend), state->memory, options.seed);
  return TableModel(std::move(state));
}

std::vector<float> outputs_of(const TableModel::State& model, std::span<const float> rows) {
  const Sequential& network = model.network;
  check_features(network, rows);
  const UseCount::Reading reading(model.use);
  const Lane lane(model.backend);
  const std::shared_ptr<Memory> memory = Memory::create(*model.backend);
  const size_t cols = size_t(network.config().features), count = rows.size() / cols;
  std::vector<float> outputs;
  for (size_t first = 0; first < count; first += kTableRowsAtOnce) {
    const size_t part = std::min(kTableRowsAtOnce, count - first);
    const Batch batch = batch_of_rows(std::vector<int64_t>(part));
    Run run{lane, memory, batch};
    const Tensor x = run.tensor(int(part), int(cols));
    std::copy_n(&rows[first * cols], part * cols, x.values().begin());
    const Tensor y = network.outputs(run, network.scores(run, x));
    outputs.insert(outputs.end(), y.values().begin(), y.values().end());
  }
  return outputs;
}

}  // namespace

void check_outputs(const Sequential& network, const TableEncoding& encoding) {
  const int outputs = network.width(), classes = int(encoding.classes().size());
  const Nonlinearity link = network.link();
  const std::string target = "target " + in_quotes(encoding.target());
  check(!encoding.target().empty(), "sequential: the table has no target");
  if (classes == 0)
    check(outputs == 1 && link == Nonlinearity::identity, target,
          " is a number, expected one output at the end without sigmoid or softmax");
  else if (link == Nonlinearity::sigmoid)
    check(outputs == 1 && classes == 2, target, " has ", classes, " classes and the network ", outputs,
          " outputs of sigmoid, expected 2 classes and 1 output");
  else
    check(link == Nonlinearity::softmax && outputs == classes, target, " has ", classes, " classes, expected ", classes,
          " outputs of softmax at the end", classes == 2 ? ", or 1 of sigmoid" : "");
}

TableFeatures encoded(const TableModel::State& model, const Table& table) {
  check(model.encoding.has_value(), "this model reads rows of floats: it was made without a table");
  return model.encoding->encode(table);
}

TableModel TableModel::sequential(const Table& train, std::vector<Layer> layers, const TableModelOptions& options) {
  TableEncoding encoding = TableEncoding::fit(train, options.encoding);
  const int features = int(encoding.features().size());
  check(features > 0, "sequential: the table has no features");
  return create({features, std::move(layers)}, std::move(encoding), options);
}

TableModel TableModel::sequential(int features, std::vector<Layer> layers, const TableModelOptions& options) {
  return create({features, std::move(layers)}, std::nullopt, options);
}

std::vector<float> TableModel::predict(const Table& rows) const {
  return outputs_of(*state_, encoded(*state_, rows).values);
}

std::vector<float> TableModel::predict(std::span<const float> rows) const { return outputs_of(*state_, rows); }

ClassificationReport TableModel::classification(const Table& table, const BootstrapOptions& options) const {
  const TableFeatures features = encoded(*state_, table);
  check(features.classes.size() == features.rows, "classification: the table has no classes to compare with");
  return classification_report(features.classes, outputs_of(*state_, features.values), outputs(), options);
}

RegressionReport TableModel::regression(const Table& table, const BootstrapOptions& options) const {
  const TableFeatures features = encoded(*state_, table);
  check(features.numbers.size() == features.rows, "regression: the table has no numbers to compare with");
  return regression_report(features.numbers, outputs_of(*state_, features.values), options);
}

int TableModel::features() const { return state_->network.config().features; }
int TableModel::outputs() const { return state_->network.width(); }

const TableEncoding& TableModel::encoding() const {
  check(state_->encoding.has_value(), "encoding: this model was made without a table");
  return *state_->encoding;
}

std::vector<KernelProfile> TableModel::profile() const {
  const Profile* profile = state_->backend->profile();
  check(profile, "TableModel::profile: the model was made without DeviceOptions::profile");
  return profile->report();
}

}  // namespace graft::inline v0
