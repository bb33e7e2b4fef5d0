// SPDX-License-Identifier: Apache-2.0
//
// The operations: each checks shapes, allocates, calls one kernel and records its gradient.
#pragma once

#include <span>
#include <vector>

#include "ops/saved.hpp"
#include "tensor/run.hpp"
#include "tensor/weight.hpp"

namespace graft::inline v0 {

// A matrix of the checkpoint at its place in the network.
struct Projection {
  const Weight* weight = nullptr;
  const Weight* bias = nullptr;  // may be null
  int site = -1;                 // index of its edits
};

// y[i] = x · weight[i]ᵀ + bias[i], plus the low-rank edits of each row, for projections of one input.
std::vector<Tensor> linear(Run& run, const Tensor& x, std::span<const Projection> projections);

// The rows of the table for the ids.
Tensor embedding(Run& run, const Weight& table, std::span<const int32_t> ids);

// Norms of each row of x; where the gain has fewer columns, of each part of a row with that many (a head).
// x / rms(x) * (offset + gain):
Tensor rms_norm(Run& run, const Tensor& x, const Weight& gain, float epsilon, float offset = 0);
// (x - mean(x)) / deviation(x) * gain + bias, which may be null:
Tensor layer_norm(Run& run, const Tensor& x, const Weight& gain, const Weight* bias, float epsilon);

// Cosines and sines of the batch's positions, computed once a pass.
struct RotaryTable {
  Tensor cosine, sine;  // rows × half
};
RotaryTable rotary_table(Run& run, const Tensor& inverse_frequency, float scale);
Tensor rotary(Run& run, const Tensor& x, const RotaryTable& table, int head_width);

// Attention of each sequence of the batch to itself, and to the keys and values that its cache holds already.
Tensor attention(Run& run, AttentionShape shape, const Tensor& q, const Tensor& k, const Tensor& v, int layer);

// Of each value; the identity is x itself.
Tensor activation(Run& run, Activation kind, const Tensor& x);
// activation(gate) * up
Tensor gated_activation(Run& run, Activation kind, const Tensor& gate, const Tensor& up);

Tensor add(Run& run, const Tensor& a, const Tensor& b);
Tensor scaled(Run& run, const Tensor& x, float factor);
// cap * tanh(x / cap)
Tensor soft_cap(Run& run, const Tensor& x, float cap);

// x without a random part of its values, while training; x itself otherwise. `site` names the place.
Tensor dropout(Run& run, const Tensor& x, float rate, int site);

// The given rows of x.
Tensor gather_rows(Run& run, const Tensor& x, std::span<const int32_t> rows);
// x plus a row of a constant table for each of its rows.
Tensor add_rows(Run& run, const Tensor& x, const Tensor& table, std::span<const int32_t> rows);
// Blocks of columns, one after the other.
Tensor columns(Run& run, const Tensor& x, ColumnBlocks blocks);

// The mean of each sequence of the batch, a row a sequence.
Tensor mean_rows(Run& run, const Tensor& x);
// Rows divided by their 2-norm; a row of zeros stays.
Tensor normalized(Run& run, const Tensor& x);

// Head and cross-entropy in one, over chunks of rows, so that the logits never exist as a whole. Only rows with a
// target take part.
struct Targets {
  std::vector<int32_t> rows;    // of x, ascending
  std::vector<int32_t> tokens;  // what each of them should predict
  std::vector<float> weights;   // of each in the loss
  float label_smoothing = 0;    // e: log p stands for (1 - e) · log p[target] + e · mean(log p)
};
// What becomes of the products of x and the head's matrix: logits = cap · tanh(scale · product / cap).
struct HeadScores {
  float scale = 1;
  float soft_cap = 0;  // none
};
struct HeadLoss {
  Tensor loss;                           // 1 × 1: Σ weight · -log p
  std::vector<float> log_probabilities;  // one a target
};
// The loss must be what the tape's backward starts from: its gradients are made on the way.
HeadLoss head_loss(Run& run, const Tensor& x, const Projection& head, HeadScores scores, const Targets& targets);

// The low-rank edit of one projection for some rows, as `linear` uses it.
struct LowRankPass {
  size_t projection;  // its place in the group
  int site;
  EditedRows rows;
  LowRank edit;
  Compute compute;
  PackedMatrix down;  // rank × inputs, in `packed`
  Tensor packed;
  Tensor hidden;  // rows × rank
};
// Adds to the outputs of a group of projections of one input, and gives what the backward pass needs.
std::vector<LowRankPass> low_rank(Run& run, Compute compute, const Tensor& x, std::span<const Projection> projections,
                                  std::span<const Tensor> outputs);
// The gradients that have reached a group of projections of one input.
struct GroupGradient {
  Compute compute;
  std::vector<size_t> projections;  // their places in the group
  std::vector<Tensor> dys;
  std::vector<PackedMatrix> weights;
  float* dx;  // null: not wanted
};
// Adds to dx through the weights and their edits, and to the gradients of the edits.
void low_rank_backward(const Run& run, Tape& tape, std::span<const LowRankPass> passes, const Saved& x,
                       const GroupGradient& gradient);

}  // namespace graft::inline v0
