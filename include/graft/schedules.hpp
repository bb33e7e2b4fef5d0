// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the learning rate over a run's steps. Every schedule begins with the warm-up of TrainOptions, a line
// from 0, but for one_cycle, which has its own. The names are those of transformers and torch.
#pragma once

namespace graft::inline v0 {

// After the warm-up:
enum class Schedule {
  constant,              // stays
  linear,                // falls to 0 in a line
  cosine,                // by `cycles` waves of a cosine; half a wave falls to `lowest`
  cosine_with_restarts,  // falls to 0 by half a wave, `cycles` times
  polynomial,            // falls to `lowest` by (1 - progress)^power
  inverse_sqrt,          // falls with the root of the steps, first after `timescale`
  warmup_stable_decay,   // stays until the last `decay_steps`, which fall to `lowest`, where the warm-up began, too
  step,                  // is multiplied by gamma every `period` steps
  exponential,           // is multiplied by gamma every step
  one_cycle,             // half a wave up and another down (Smith & Topin 2019)
  noam,                  // learning_rate · min(step^-0.5, step · warmup^-1.5) (Vaswani et al. 2017, there width^-0.5)
  reduce_on_plateau,     // is multiplied by gamma when evaluations no longer get better
};

// The shape of the fall.
enum class Fall { cosine, linear, one_minus_sqrt };

struct ScheduleOptions {
  float lowest = 0;                              // a share of the learning rate, 0 to 1
  float cycles = 0;                              // 0: half a wave, or one restart
  float power = 1;                               // above 0
  int timescale = 0;                             // steps; 0: the warm-up, or 10000 where there is none
  int decay_steps = 0;                           // 0: a tenth of all
  Fall fall = Fall::cosine;                      // of warmup_stable_decay
  float gamma = 0.1f;                            // above 0
  int period = 0;                                // 0: a third of all steps
  float rise = 0.3f;                             // one_cycle: the share of the steps that go up, above 0 to below 1,
  float start_divisor = 25, end_divisor = 1e4f;  // from rate / start_divisor, down to that / end_divisor
  int plateau_patience = 10;                     // evaluations without a gain that are let pass
  float plateau_threshold = 1e-4f;               // a gain is a loss below best · (1 - this)
};

}  // namespace graft::inline v0
