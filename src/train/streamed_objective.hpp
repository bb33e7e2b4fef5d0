// SPDX-License-Identifier: Apache-2.0
//
// The loss of a transformer on rows of tokens that come one behind the other, of which only a step's are in memory.
#pragma once

#include <deque>
#include <functional>

#include "train/token_objective.hpp"

namespace graft::inline v0 {

// Some of the next rows, at least one; without end.
using NextRows = std::function<std::vector<TokenRow>()>;

// Examples are counted as they come, so they are to be asked for in order; who goes back lets the rows begin anew.
class StreamedObjective final : public Objective {
 public:
  // `examples`: how many will be asked for. All but the options must outlive the object.
  StreamedObjective(const Trunk& trunk, std::function<NextRows()> begin, size_t examples, const TrainOptions& options,
                    const TokenObjective::Parts& parts)
      : trunk_(trunk), begin_(std::move(begin)), examples_(examples), options_(options), parts_(parts) {}

  size_t examples() const override { return examples_; }
  uint64_t fingerprint() const override { return 0; }  // nobody has seen all of them
  StepLoss loss(const LossContext& context, std::span<const size_t> examples, Gradients* gradients) const override;

 private:
  void advance_to(size_t first, size_t count) const;

  const Trunk& trunk_;
  std::function<NextRows()> begin_;
  size_t examples_;
  TrainOptions options_;
  TokenObjective::Parts parts_;
  mutable NextRows next_;              // empty: not begun
  mutable std::deque<TokenRow> rows_;  // that are known and not gone by
  mutable size_t first_ = 0;           // the number of the first of them
};

}  // namespace graft::inline v0
