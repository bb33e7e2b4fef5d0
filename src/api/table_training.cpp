// SPDX-License-Identifier: Apache-2.0
#include "api/table_training.hpp"

#include <algorithm>

#include "api/save_result.hpp"
#include "support/message.hpp"
#include "train/fit.hpp"
#include "train/table_objective.hpp"
#include "train/thawed.hpp"

namespace graft::inline v0 {
namespace {

// A batch norm has no deviation of one row, which the last batch of an epoch may be.
void check_last_batch(const SequentialConfig& network, size_t rows, int batch) {
  const bool has_batch_norm = std::any_of(network.layers.begin(), network.layers.end(),
                                          [](const Layer& layer) { return std::holds_alternative<BatchNorm>(layer); });
  check(!has_batch_norm || (rows - 1) % size_t(batch) != 0, "TrainOptions: batch is ", batch, ", so that the last of ",
        rows, " rows is alone, expected two rows or more for a BatchNorm");
}

}  // namespace

TrainReport TableTraining::fit(const TableFeatures& train, const TableFeatures* held_out) const {
  check<UnsupportedError>(!options_.group, "unsupported: a TableModel in a group, expected TrainOptions without one");
  check_can_save(options_.save_to);
  TrainReport report;
  {
    const UseCount::Writing writing(model_->use);
    const TableObjective learned(model_->network, train, options_);
    std::optional<TableObjective> evaluated;
    if (held_out) evaluated.emplace(model_->network, *held_out, options_);
    check_last_batch(model_->network.config(), train.rows, options_.batch);
    const Lane lane(model_->backend);
    const Thawed thawed(model_->parameters, lane, model_->memory, options_);
    report = Fit(model_->backend, thawed.trainable(), {learned, evaluated ? &*evaluated : nullptr}, options_).run();
  }
  save_result(options_.save_to, [&](const auto& path) { TableModel(model_).save(path); });
  return report;
}

Evaluation TableTraining::evaluate(const TableFeatures& data) const {
  const UseCount::Reading reading(model_->use);
  const TableObjective objective(model_->network, data, options_);
  const StepLoss loss = objective.loss_of_all({Lane(model_->backend), Memory::create(*model_->backend)});
  return {0, float(loss.mean()), loss.trained};
}

}  // namespace graft::inline v0
