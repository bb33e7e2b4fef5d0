// SPDX-License-Identifier: Apache-2.0
//
// The losses of PreferenceLoss as functions of how likely two answers are.
#pragma once

#include <cstdint>

#include "graft/preference_options.hpp"

namespace graft::inline v0 {

// Log-likelihoods of an answer: the sums over its tokens.
struct AnswerLikelihood {
  double model = 0, reference = 0;
  int64_t tokens = 1;
};

struct PairLoss {
  double loss = 0;
  double chosen_slope = 0, rejected_slope = 0;  // of the loss, by the model's log-likelihoods
  double chosen_reward = 0, rejected_reward = 0;
};

// `divergence`: kto's z.
PairLoss pair_loss(const PreferenceOptions& options, const AnswerLikelihood& chosen, const AnswerLikelihood& rejected,
                   double divergence);

// Whether a loss compares with a reference model.
inline bool has_reference(PreferenceLoss loss) {
  return loss == PreferenceLoss::dpo || loss == PreferenceLoss::ipo || loss == PreferenceLoss::kto;
}

}  // namespace graft::inline v0
