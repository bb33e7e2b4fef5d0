// SPDX-License-Identifier: Apache-2.0
//
// What a model may learn from beside its examples' own labels: a teacher, or other examples of the batch.
#pragma once

namespace graft::inline v0 {

class Adapter;
class Model;

// Knowledge distillation (Hinton et al. 2015), for models that give words, one label of a text, or labels of tokens.
// Trainer throws ArgumentError for a teacher of another task, other labels or another vocabulary. The logits of a
// micro-batch exist as a whole.
struct DistillationOptions {
  const Model* teacher = nullptr;    // not owned, must outlive fit, and may be in use meanwhile; null: none
  const Adapter* adapter = nullptr;  // of the teacher, likewise
  float temperature = 2;             // of both distributions; temperature² · KL(teacher || model) is the loss
  float share = 0.5f;                // of this loss; the examples' own has the rest
  // Adds so much of the mean of 1 - cos of both last hidden states (Sanh et al. 2019), which must be of equal width.
  float hidden = 0;
};

// For models that embed texts (Head::embed). Examples are pairs, text and second. Without a value each text is to
// choose its second by the cosine of their embeddings, divided by the temperature, among those of its micro-batch
// (multiple-negatives ranking, Henderson et al. 2017): more of micro_batch_tokens is more to choose from. With a value
// the cosine itself should have it.
struct ContrastiveOptions {
  float temperature = 0.05f;
};

}  // namespace graft::inline v0
