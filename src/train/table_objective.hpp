// SPDX-License-Identifier: Apache-2.0
//
// The loss of a sequential network on rows of floats. Its kind follows from the end of the network: of sigmoid the
// binary cross-entropy of two classes, of softmax the cross-entropy, of anything else the error of numbers.
#pragma once

#include "graft/table_encoding.hpp"
#include "graft/train_options.hpp"
#include "nn/sequential.hpp"
#include "train/objective.hpp"

namespace graft::inline v0 {

// A step is computed at once, so that a batch norm sees its whole batch.
class TableObjective final : public Objective {
 public:
  // Throws ArgumentError for rows that do not fit the network, are not finite, or have no targets of its kind. Network
  // and rows must outlive the object.
  TableObjective(const Sequential& network, const TableFeatures& rows, const TrainOptions& options);

  size_t examples() const override { return rows_.rows; }
  uint64_t fingerprint() const override;
  StepLoss loss(const LossContext& context, std::span<const size_t> examples, Gradients* gradients) const override;

 private:
  void check_targets() const;
  float weight_of(size_t example) const;
  double loss_at_once(const LossContext& context, std::span<const size_t> examples, double total_weight,
                      Gradients* gradients) const;
  Tensor score_loss(Run& run, const Tensor& scores, std::span<const size_t> examples, double total_weight) const;

  const Sequential& network_;
  const TableFeatures& rows_;
  TableLossOptions options_;
  Precision precision_;
  bool saves_rounded_;
};

// How many rows are computed at once where nothing is learned.
inline constexpr size_t kTableRowsAtOnce = 1024;

// Throws ArgumentError for values that are not rows × the network's features, or not finite.
void check_features(const Sequential& network, std::span<const float> values);

}  // namespace graft::inline v0
