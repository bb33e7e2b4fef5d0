// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "backend/backend.hpp"
#include "graft/train_report.hpp"
#include "tensor/gradients.hpp"

namespace graft::inline v0 {

// The part of a step that one of several ranks computes.
struct Share {
  int rank = 0, ranks = 1;
};

struct LossContext {
  const Lane& lane;
  std::shared_ptr<Memory> memory;
  uint64_t seed = 0, step = 0;  // of random numbers
  Share share = {};
};

struct StepLoss {
  double sum = 0;                       // of the loss over what is learned: tokens, labels, rows or pairs
  int64_t trained = 0;                  // how many those are, for all ranks
  int64_t tokens = 0;                   // all tokens, or rows, that went through the model
  std::optional<Rewards> rewards = {};  // of preferences
  double mean() const { return sum / double(trained); }
};

// Examples and a network whose loss on them a training run makes small.
class Objective {
 public:
  virtual ~Objective() = default;

  virtual size_t examples() const = 0;
  // How many tokens each of them has, or 1 where that means nothing.
  virtual std::vector<size_t> lengths() const { return std::vector<size_t>(examples(), 1); }
  // A number that tells these examples, and how they count in the loss, from others.
  virtual uint64_t fingerprint() const = 0;
  // The share of the mean loss of some examples, by their numbers, which name them for random numbers too. Its gradient
  // is added to `gradients`; null: nothing is learned, so dropout is off.
  virtual StepLoss loss(const LossContext& context, std::span<const size_t> examples, Gradients* gradients) const = 0;

  StepLoss loss_of_all(const LossContext& context) const {
    std::vector<size_t> all(examples());
    std::iota(all.begin(), all.end(), size_t{0});
    return loss(context, all, nullptr);
  }
};

}  // namespace graft::inline v0
