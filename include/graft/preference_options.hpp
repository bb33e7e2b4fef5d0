// SPDX-License-Identifier: Apache-2.0
//
//   graft::Trainer trainer(model, adapter, {.preference = {.loss = graft::PreferenceLoss::dpo, .beta = 0.1f}});
//   trainer.fit(graft::Dataset::preferences("better.jsonl"));
#pragma once

namespace graft::inline v0 {

class Model;

// For a pair of answers to one prompt. log p is the sum of the log-probabilities of an answer's tokens with the end
// token, r that of the model less that of the reference, n the number of tokens, s = 1 / (1 + exp(-x)).
enum class PreferenceLoss {
  none,
  dpo,  // -log s(beta · (r chosen - r rejected)) (Rafailov et al. 2023)
  ipo,  // ((r / n) chosen - (r / n) rejected - 1 / (2 beta))² (Azar et al. 2023; by length, as TRL has it)
  // -(log p / n) chosen - beta · log s(difference of the log odds of exp(log p / n)) (Hong et al. 2024). No reference.
  orpo,
  // -log s(beta · ((log p / n) chosen - (log p / n) rejected) - margin) (Meng et al. 2024). No reference.
  simpo,
  // The mean of desirable · (1 - s(beta · (r - z))) of the chosen answer and undesirable · (1 - s(beta · (z - r))) of
  // the rejected one (Ethayarajh et al. 2024). z, which has no gradient, is the mean r of the step's prompts with
  // answers to others, at least 0: the chosen one of the example before.
  kto,
};

// Learning from examples with a chosen and a rejected answer, for decoders. The loss of a step is the mean over its
// pairs. A pair is computed at once, whatever micro_batch_tokens says.
struct PreferenceOptions {
  PreferenceLoss loss = PreferenceLoss::none;
  float beta = 0.1f;                     // papers: dpo, ipo, orpo, kto 0.1; simpo 2
  float margin = 0.5f;                   // of simpo
  float label_smoothing = 0;             // of dpo: the share of pairs that are the wrong way round (Mitchell 2023)
  float desirable = 1, undesirable = 1;  // of kto
  // What dpo, ipo and kto compare with: computed once, before training. Not owned. Null: the model without the adapter
  // that is trained; where the model itself is trained, Trainer throws ArgumentError.
  const Model* reference = nullptr;
};

}  // namespace graft::inline v0
