// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace graft::inline v0 {

// One step of an optimizer on one parameter.
struct Step {
  float scale = 1;  // of the gradient: clipping and normalisation
  float rate = 0;
  float weight_decay = 0;  // added to the gradient as weight_decay · parameter, unless the rule is decoupled:
                           // parameter · (1 - rate · weight_decay)
  int number = 1;          // counted from 1
};

struct AdamStep {
  Step step;
  float beta1, beta2, epsilon;
  bool decoupled;
};

struct SgdStep {
  Step step;
  float momentum, dampening;
  bool nesterov;
};

struct RmspropStep {
  Step step;
  float decay, epsilon, momentum;
};

struct AdafactorStep {
  Step step;
  float clip;   // what the update is multiplied by
  float beta1;  // of the running mean of the updates
};

// Moments of Adam in a byte a value, in blocks of kMomentBlock, each with its largest magnitude as a float. A byte is a
// place in the dynamic data type of Dettmers et al. 2022: seven decades down from that magnitude, each finer than the
// one below.
inline constexpr int64_t kMomentBlock = 2048;
struct ByteMoments {
  uint8_t* codes;
  float* largest;
};

}  // namespace graft::inline v0
