// SPDX-License-Identifier: Apache-2.0
//
// The operations: each checks shapes, allocates, calls one kernel and records its gradient.
#pragma once

#include <span>
#include <vector>

#include "ops/saved.hpp"
#include "tensor/packed_factors.hpp"
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

// The rows of the table for the tokens of the batch.
Tensor embedding(Run& run, const Weight& table);

Tensor rms_norm(Run& run, const Tensor& x, const Weight& gain, float epsilon);

// Cosines and sines of the batch's positions, computed once a pass.
struct RotaryTable {
  Tensor cosine, sine;  // rows × half
};
RotaryTable rotary_table(Run& run, const Tensor& inverse_frequency, float scale);
Tensor rotary(Run& run, const Tensor& x, const RotaryTable& table, int head_width);

// Attention of each sequence of the batch to itself, and to the keys and values that its cache holds already.
Tensor attention(Run& run, AttentionShape shape, const Tensor& q, const Tensor& k, const Tensor& v, int layer);

Tensor silu_gate(Run& run, const Tensor& gate, const Tensor& up);

Tensor add(Run& run, const Tensor& a, const Tensor& b);

// x without a random part of its values, while training; x itself otherwise. `site` names the place.
Tensor dropout(Run& run, const Tensor& x, float rate, int site);

// The given rows of x.
Tensor gather_rows(Run& run, const Tensor& x, std::span<const int32_t> rows);

// Head and cross-entropy in one, over chunks of rows, so that the logits never exist as a whole. Only rows with a
// target take part.
struct Targets {
  std::vector<int32_t> rows;    // of x, ascending
  std::vector<int32_t> tokens;  // what each of them should predict
  std::vector<float> weights;   // of each in the loss
};
struct HeadLoss {
  Tensor loss;                           // 1 × 1: Σ weight · -log p
  std::vector<float> log_probabilities;  // one a target
};
// The loss must be what the tape's backward starts from: its gradients are made on the way.
HeadLoss head_loss(Run& run, const Tensor& x, const Projection& head, const Targets& targets);

// The low-rank edit of one projection for some rows, as `linear` uses it.
struct LowRankPass {
  size_t projection;  // its place in the group
  int site;
  EditedRows rows;
  LowRank edit;
  PackedFactors::Form packed;
  Tensor hidden;  // rows × rank
};
// The edits that a group of projections of one input has, in row order. Those that drop values of the input have their
// `hidden`; the product makes that of the others.
std::vector<LowRankPass> low_rank_passes(const Run& run, Compute compute, const Tensor& x,
                                         std::span<const Projection> projections);
std::vector<LowRankEdit> kernel_edits(const Run& run, std::span<const LowRankPass> passes);
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
