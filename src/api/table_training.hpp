// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/table_model_state.hpp"
#include "graft/train_options.hpp"

namespace graft::inline v0 {

// Trains a table model on rows of features.
class TableTraining {
 public:
  TableTraining(std::shared_ptr<TableModel::State> model, TrainOptions options)
      : model_(std::move(model)), options_(std::move(options)) {}

  TableFeatures features(const Table& table) const { return encoded(*model_, table); }
  // `held_out` may be null.
  TrainReport fit(const TableFeatures& train, const TableFeatures* held_out) const;
  Evaluation evaluate(const TableFeatures& data) const;
  const TrainOptions& options() const { return options_; }

 private:
  std::shared_ptr<TableModel::State> model_;
  TrainOptions options_;
};

}  // namespace graft::inline v0
