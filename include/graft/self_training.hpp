// SPDX-License-Identifier: Apache-2.0
//
// Pseudo-labels: a classifier labels texts that have none, and one that learns from those too takes its place, as long
// as held-out examples say that it is no worse.
//
//   const auto fit = [](const graft::Dataset& train) {
//     auto model = graft::Model::load("bert", {.head = graft::Head::classify({"blame", "praise"})});
//     graft::Trainer(model, {.learning_rate = 3e-5f}).fit(train);
//     return model;
//   };
//   const graft::SelfTrained best = graft::self_train(fit, labelled, unlabelled, held_out);
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <graft/dataset.hpp>
#include <graft/export.hpp>
#include <graft/model.hpp>

namespace graft::inline v0 {

struct SelfTrainingRound {
  int round = 0;                                           // 0: the labelled examples alone
  std::vector<std::pair<std::string, size_t>> added = {};  // how many texts were taken with each label
  double macro_f1 = 0;                                     // of the held-out examples
  bool kept = false;  // whether this round's model took the place of the one before
};

struct SelfTrainingOptions {
  int rounds = 3;             // at most
  float threshold = 0.9f;     // a text is taken when its likeliest label is at least so probable
  bool balanced = true;       // as many texts of each label as of the one with the fewest; none where that has none
  size_t most_per_label = 0;  // in a round, the surest ones; 0: no limit
  int max_length = 0;         // longer texts are cut where they are classified; 0: the model's context
  std::function<void(const SelfTrainingRound&)> on_round = {};
  std::stop_token cancel = {};  // asked before each round; the best model so far is returned
};

struct SelfTrained {
  Model model;          // the best
  double macro_f1 = 0;  // its figure for the held-out examples, which chose it: test it on others
  std::vector<SelfTrainingRound> rounds = {};
};

// Makes a classifier that has learned these examples, from the same beginning each time.
using FitClassifier = std::function<Model(const Dataset& train)>;

// Each round (Lee 2013) the best model so far labels all of `unlabelled`, and a new one learns the labelled examples
// with the texts that it was sure of; it ends when no text is sure, or the macro-F1 of `held_out` falls, and then the
// model before is the result. Labels that `unlabelled` has are not read. Two models exist at a time. Throws
// ArgumentError for options out of range or held-out examples without one label, and what `fit` throws.
GRAFT_EXPORT SelfTrained self_train(const FitClassifier& fit, const Dataset& labelled, const Dataset& unlabelled,
                                    const Dataset& held_out, const SelfTrainingOptions& options = {});

}  // namespace graft::inline v0
