// SPDX-License-Identifier: Apache-2.0
//
// What every kind of model golden needs: the packed batch, and passes over it in float32.
#pragma once

#include "cli/verify_comparison.hpp"
#include "models/network_pass.hpp"
#include "train/task_loss.hpp"

namespace graft::inline v0 {

// A trunk and the batch of a golden file: "ids" cut by "offsets", and for a decoder behind an encoder "dec_ids".
class GoldenModel {
 public:
  GoldenModel(std::unique_ptr<Trunk> trunk, const Goldens& goldens);

  Trunk& trunk() { return *trunk_; }
  // A weight by the checkpoint's name, or its older one. Null: there is none.
  const Weight* find(const std::string& name) const;
  const Lane& lane() const { return lane_; }
  const std::shared_ptr<Memory>& memory() const { return memory_; }
  const std::vector<std::vector<int32_t>>& sequences() const { return sequences_; }

  // What the heads give: "logits", "nsp_logits", "start_logits", "pooled" …
  struct Output {
    std::string name;
    Tensor values;
  };
  std::vector<Output> outputs(const Edits* edits = nullptr, const Observer* observer = nullptr) const;
  void set_label_smoothing(float share) { label_smoothing_ = share; }
  // The loss as the golden defines it, with gradients where they are wanted.
  float loss(const Edits* edits = nullptr, Gradients* gradients = nullptr) const;
  // The likeliest `count` tokens after each sequence, one by one with a cache.
  std::vector<int64_t> greedy(int count) const;

  // What a continuation of a sequence follows: the sequence, or the start token of a decoder.
  std::vector<int32_t> prompt(size_t sequence) const;
  // The sequence as a decoder attends to it; none of a model without an encoder.
  std::optional<Encoded> source(size_t sequence) const;
  NetworkContext context(const Edits* edits = nullptr) const {
    return {*trunk_, lane_, memory_, Precision::f32, edits};
  }

 private:
  bool translates() const { return trunk_->architecture.task == Task::translate; }
  void read_labels(const Goldens& goldens);
  // Of what goes through the stack that has the head.
  Batch batch(const Edits* edits) const;
  int problem_outputs() const;
  Encoded encode(NetworkPass& source) const;

  std::unique_ptr<Trunk> trunk_;
  Lane lane_;
  std::shared_ptr<Memory> memory_ = Memory::create(lane_.backend());
  std::vector<std::vector<int32_t>> sequences_, written_;  // and what the decoder behind an encoder has written
  std::vector<int64_t> types_;
  Labels labels_;
  std::vector<int32_t> token_labels_;  // of each row; below 0: not counted
  float label_smoothing_ = 0;
};

// The values of a parameter as a checkpoint of that layout has them.
std::vector<float> as_stored(Layout layout, const Tensor& values);

// The sequences of "PREFIXids" by "PREFIXoffsets".
std::vector<std::vector<int32_t>> golden_sequences(const Goldens& goldens, const std::string& prefix = "");

// "base" of goldens.json, which stands beside one of the folder's parents.
std::filesystem::path find_base(const std::filesystem::path& folder, const Goldens& goldens);

}  // namespace graft::inline v0
