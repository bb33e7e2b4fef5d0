// SPDX-License-Identifier: Apache-2.0
//
// Rows of tokens as a batch with its labels.
#pragma once

#include "data/pack.hpp"
#include "train/task_loss.hpp"

namespace graft::inline v0 {

// What the losses of a step are divided by.
struct StepCounts {
  int64_t labels = 0;  // tokens that are learned, or labelled ones
  int64_t rows = 0;
};

struct MicroBatch {
  Batch batch;    // of the stack that has the head
  Batch sources;  // of what an encoder reads before
  Labels labels;
};

// How many labels of a row count, and how many of its tokens go through the model.
int64_t label_count(Task task, const TokenRow& row);
size_t token_count(Task task, const TokenRow& row);

class MicroBatchMaker {
 public:
  // `edits`: what all rows will have; null: nothing.
  MicroBatchMaker(const Trunk& trunk, const StepCounts& counts, float label_smoothing, const Edits* edits);
  // `number` names the row for random numbers.
  void add(const TokenRow& row, int64_t number);
  MicroBatch take() { return std::move(micro_); }

 private:
  void add_causal(const TokenRow& row, int64_t number);
  void add_translation(const TokenRow& row, int64_t number);
  void add_labelled(const TokenRow& row, int64_t number);
  void add_pair(const TokenRow& row, int64_t number);
  void add_target(int row, int32_t token);
  // Returns the row of the first token.
  int add_sequence(std::span<const int32_t> ids, int64_t number, std::span<const int32_t> types = {});

  Task task_;
  int32_t start_token_;
  float label_weight_, row_weight_;
  const Edits* edits_;
  MicroBatch micro_;
};

}  // namespace graft::inline v0
