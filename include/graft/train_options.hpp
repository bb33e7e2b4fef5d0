// SPDX-License-Identifier: Apache-2.0
//
// How training runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <graft/device.hpp>
#include <graft/optimizers.hpp>
#include <graft/preference_options.hpp>
#include <graft/schedules.hpp>
#include <graft/train_report.hpp>
#include <graft/transfer_options.hpp>

namespace graft::inline v0 {

class Group;
class Model;

// What is hidden from models that learn to fill gaps, or replaced for those that find it: the pretraining of BERT, T5,
// BART (which hides a share of 0.3) and ELECTRA. T5 and BART learn so where examples have no completion.
struct CorruptionOptions {
  float share = 0.15f;             // of the tokens
  bool whole_words = false;        // of words that are several tokens, all or none; for BERT and ELECTRA
  float mean_span = 3;             // tokens of a hidden span, for T5 and BART
  bool shuffles_sentences = true;  // for BART
  // A masked model with the same tokens that replaces tokens for ELECTRA. Not owned, must outlive fit, and may be in
  // use meanwhile; null: random tokens.
  const Model* generator = nullptr;
};

// Parameters whose whole name matches the regular expression take these values instead; the first match counts.
struct ParameterGroup {
  std::string pattern;
  std::optional<float> learning_rate = {};
  std::optional<float> weight_decay = {};
};

// Of all gradients together: the root of the sum of squares, the sum of magnitudes, or the largest of them.
enum class GradientNorm { l2, l1, largest };

// How the rows of a table count in the loss.
struct TableLossOptions {
  std::vector<float> class_weights = {};  // of each class; the loss is Σ weight · loss / Σ weight; empty: all 1
  float huber_delta = 0;  // of numbers: half the squared error up to this distance, then a line; 0: the squared error
};

struct TrainOptions {
  int epochs = 3;
  int max_steps = 0;             // ends earlier; 0: after the epochs
  int batch = 8;                 // examples an optimizer step
  int batch_tokens = 0;          // instead: examples of like length a step, together at most so many tokens; 0: `batch`
  int micro_batch_tokens = 512;  // tokens computed at once; a step is cut into such parts, its gradient does not change
  int max_length = 0;            // longer examples are cut, text into several; 0: the model's context
  float learning_rate = 2e-4f;
  Schedule schedule = Schedule::linear;
  ScheduleOptions schedule_options = {};
  int warmup_steps = 0;        // from 0 up to the learning rate
  float warmup_ratio = 0.03f;  // of all steps, where warmup_steps is 0
  OptimizerOptions optimizer = AdamW{};
  float layer_rate_decay = 1;  // layer l of L, from 0, has this to the power of L - l of the rate, embeddings of L + 1
  bool decay_norms_and_biases = true;  // false: without weight decay
  std::vector<ParameterGroup> groups = {};
  // Of a model that is trained itself: weights whose whole name matches one of these are not trained; or only those
  // that match one of `trained`, and a head that was drawn anew. trained = {".*bias"} is BitFit (Ben Zaken et al.
  // 2022).
  std::vector<std::string> frozen = {}, trained = {};
  int trained_layers = 0;     // only the last so many layers, with what stands behind them; 0: all
  float label_smoothing = 0;  // of words
  CorruptionOptions corruption = {};
  ContrastiveOptions contrastive = {};
  DistillationOptions distillation = {};
  PreferenceOptions preference = {};
  TableLossOptions table = {};
  float max_gradient_value = 0;  // each value is clipped to this, before the norm is taken; 0: not at all
  float max_gradient_norm = 1;   // all are scaled so that their norm is at most this; 0: not at all
  GradientNorm gradient_norm = GradientNorm::l2;
  float ema_decay = 0;           // of a running mean of the weights, which is what is evaluated and kept; 0: none
  uint64_t seed = 0;             // of order and dropout
  bool shuffle = true;           // anew each epoch
  bool train_on_prompt = false;  // whether prompts and the other side's messages have a loss, too
  Precision precision = Precision::automatic;
  bool recompute = false;     // less memory, a third more time: activations are computed again backwards
  bool save_rounded = false;  // less memory: what is kept for the backward pass is bf16 also where products are f32
  size_t memory_budget = 0;   // bytes for training, beside the weights; beyond it ResourceError; 0: no limit

  int evaluate_every = 0;  // steps; 0: after each epoch
  int patience = 0;        // evaluations without a better loss before training ends; 0: never
  bool keep_best = true;   // ends with the values of the best evaluation, if there was one

  // Those that train together with this one (group.hpp); nobody else: null. Ranks share the folder of checkpoints.
  std::shared_ptr<Group> group = {};

  std::filesystem::path checkpoints = {};  // a folder; empty: none are written
  int checkpoint_every = 0;                // steps; 0: after each epoch
  int keep_checkpoints = 2;                // the newest
  int average_checkpoints = 0;         // the result is the mean of so many newest (Vaswani et al. 2017); 0: is no mean
  bool resume = true;                  // goes on from the newest good checkpoint in that folder, to the same bits
  std::filesystem::path save_to = {};  // where the result is saved at the end; empty: nowhere
  // A folder in which each fit makes run-NNNN: options, metrics (JSONL and TensorBoard), a plot of the loss and a model
  // card. A failure to write there is a notice and ends the record, not the training. Empty: nowhere.
  std::filesystem::path record = {};

  std::function<void(const StepInfo&)> on_step = {};
  std::function<void(const Evaluation&)> on_evaluation = {};
  std::function<void(const std::filesystem::path&)> on_checkpoint = {};
  // Asked when a loss or a gradient is not finite, with the step and the tensor at fault: true leaves the step out and
  // goes on. Without it, or when it says no, fit throws NumericError. The values stay those of the step before.
  std::function<bool(const std::string&)> on_not_finite = {};
  std::function<void(const std::string&)> on_notice = {};  // a fallback taken, a damaged checkpoint passed over …
  std::stop_token cancel = {};  // asked before each step; a checkpoint is written and the report returned
};

}  // namespace graft::inline v0
