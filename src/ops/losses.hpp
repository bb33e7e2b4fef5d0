// SPDX-License-Identifier: Apache-2.0
//
// Losses of outputs that are small enough to exist as a whole: classes, numbers, vectors. Each is a 1 × 1 tensor,
// Σ weight · loss, with a weight a row or a value, so that means, masks and weights of classes are the caller's. Losses
// are added with `add` and `scaled`. head_loss is the one for a vocabulary.
#pragma once

#include <span>

#include "tensor/run.hpp"

namespace graft::inline v0 {

// A target of rows that are not counted.
inline constexpr int32_t kIgnored = -100;

// ---- rows of class logits: a target and a weight a row ----

// -log softmax(logits)[target]; with label smoothing e it becomes (1 - e) of that and e of the mean over all classes.
Tensor cross_entropy(Run& run, const Tensor& logits, std::span<const int32_t> targets, std::span<const float> weights,
                     float label_smoothing = 0);
// -(1 - p)^gamma · log p of the target (Lin et al. 2017).
Tensor focal(Run& run, const Tensor& logits, std::span<const int32_t> targets, std::span<const float> weights,
             float gamma);
// The square of the logarithm of the sum of exponentials, which keeps that near 0 (Chowdhery et al. 2022).
Tensor z_loss(Run& run, const Tensor& logits, std::span<const float> weights);
// temperature² · KL(teacher || student) of both distributions at a temperature (Hinton et al. 2015). `teacher` are
// constant logits.
Tensor distillation(Run& run, const Tensor& logits, const Tensor& teacher, std::span<const float> weights,
                    float temperature = 1);

// ---- values: a target and a weight each ----

// -log sigmoid(logit) where the target is 1, -log sigmoid(-logit) where it is 0, and between them between.
Tensor binary_cross_entropy(Run& run, const Tensor& logits, std::span<const float> targets,
                            std::span<const float> weights);
// The binary cross-entropy times (1 - p)^gamma, for p the probability of the target, 0 or 1 (Lin et al. 2017).
Tensor binary_focal(Run& run, const Tensor& logits, std::span<const float> targets, std::span<const float> weights,
                    float gamma);
Tensor squared_error(Run& run, const Tensor& x, std::span<const float> targets, std::span<const float> weights);
Tensor absolute_error(Run& run, const Tensor& x, std::span<const float> targets, std::span<const float> weights);
// Half the squared error up to a distance of delta, then delta times the distance, less delta² / 2 (Huber 1964).
Tensor huber(Run& run, const Tensor& x, std::span<const float> targets, std::span<const float> weights, float delta);

// ---- pairs of rows ----

// y[i, j] = a[i] · b[j]
Tensor similarities(Run& run, const Tensor& a, const Tensor& b);
// The mean over i of the cross-entropy of a[i] choosing b[i] among all rows of b by cosine / temperature: negatives are
// the rest of the batch (van den Oord et al. 2018).
Tensor contrastive(Run& run, const Tensor& a, const Tensor& b, float temperature);

}  // namespace graft::inline v0
