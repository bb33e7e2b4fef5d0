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

// y[i] = x · weight[i]ᵀ + bias[i] with the edits of each row, for projections of one input.
std::vector<Tensor> linear(Run& run, const Tensor& x, std::span<const Projection> projections);

// Rows of an input with projections of their own.
struct RoutedRows {
  RowSpan rows;
  std::span<const Projection> projections;
};
// The same where parts of the rows, which cover all of them in their order, take other weights of the same shapes.
std::vector<Tensor> linear(Run& run, const Tensor& x, std::span<const RoutedRows> parts);

// Its two steps, the first of which knows no other edits than low-rank ones.
std::vector<Tensor> low_rank_linear(Run& run, const Tensor& x, std::span<const Projection> projections);
std::vector<Tensor> low_rank_linear(Run& run, const Tensor& x, std::span<const RoutedRows> parts);
std::vector<Tensor> edited_linear(Run& run, const Tensor& x, std::span<const Projection> projections);
bool has_low_rank_edits_only(const Run& run, std::span<const Projection> projections);

// What an operation may make where only these projections read it: bf16 if their products round it to that, else f32.
Dtype input_dtype(const Run& run, std::span<const RoutedRows> parts);
Dtype input_dtype(const Run& run, int rows, std::span<const Projection> projections);
// How precise the products of the parts are, also of those without rows, and whether all round their rows to bf16.
Compute compute_of(const Run& run, std::span<const RoutedRows> parts);
bool rounds_input(const Run& run, std::span<const RoutedRows> parts);

// Columns of x times the gain of their row, plus the vector `shift` (null: nothing). Rows without a gain have 1.
struct RowGain {
  int first = 0, rows = 0;
  Tensor gain;  // 1 × columns
};
Tensor scale_columns(Run& run, const Tensor& x, std::vector<RowGain> gains, const Weight* shift);

// The rows of the table for the ids, with the edits of each row. The row of `padding` gets no gradient.
Tensor embedding(Run& run, const Weight& table, std::span<const int32_t> ids, int32_t padding = -1);

// Norms of each row of x; where the gain has fewer columns, of each part of a row with that many (a head). `dtype` is
// that of the result, as `input_dtype` says; where rows have gains of their own it is f32 in any case.
// x / rms(x) * (offset + gain):
Tensor rms_norm(Run& run, const Tensor& x, const Weight& gain, float epsilon, float offset = 0,
                Dtype dtype = Dtype::f32);
// (x - mean(x)) / deviation(x) * gain + bias, which may be null:
Tensor layer_norm(Run& run, const Tensor& x, const Weight& gain, const Weight* bias, float epsilon,
                  Dtype dtype = Dtype::f32);

// Cosines and sines of the batch's positions, computed once a pass.
struct RotaryTable {
  Tensor cosine, sine;  // rows × half
};
RotaryTable rotary_table(Run& run, const Tensor& inverse_frequency, float scale);
Tensor rotary(Run& run, const Tensor& x, const RotaryTable& table, int head_width);

// What is added to the scores of attention before the softmax.
struct ScoreBias {
  // By distance: heads × (2 * reach + 1), column reach + key - query, where the reach is the largest distance of the
  // batch or more. Else, of each sequence one after the other, heads × queries × keys, as one row.
  Tensor values;
  bool is_by_distance = true;

  explicit operator bool() const { return bool(values); }
};

// T5's bias of each head by the bucket of the distance key - query (Raffel et al. 2020, section 2.1): the first half
// of the buckets stands for one distance each, the others grow, and the last holds all from `most_distance` on.
// Bidirectional: half of all buckets is for keys behind the query; else those count as the query's own position.
struct RelativeBuckets {
  int count = 32, most_distance = 128;
  bool bidirectional = true;
};
// `table`: buckets × heads, a matrix. `reach`: of the result, as ScoreBias says.
ScoreBias relative_bias(Run& run, const Weight& table, RelativeBuckets buckets, int reach);

// A penalty of each head that grows with the distance on both sides (Press et al. 2022). It has no gradient.
ScoreBias alibi_bias(Run& run, int heads, int reach);

// Which of the relative embeddings belongs to a distance query - key (He et al. 2021): row span + distance, within the
// 2 * span rows there are. With `buckets` distances beyond half of it are counted on a logarithmic scale, up to
// `most_distance`; 0: all as they are.
struct Disentangled {
  int span = 0, buckets = 0, most_distance = 0;
  bool c2p = true, p2c = true;  // which scores there are: content to position, and position to content
};
// The scores of each query with the relative embeddings as keys, and of each key with them as queries, divided by
// sqrt(head_width * (1 + c2p + p2c)); shape.scale should do that to q · k. pos_query and pos_key, 2 * span × (heads *
// head_width), are the relative embeddings through the layer's projections; one that is not used may be empty.
ScoreBias disentangled_bias(Run& run, const AttentionShape& shape, const Tensor& q, const Tensor& k,
                            const Tensor& pos_query, const Tensor& pos_key, const Disentangled& at);

// Where an attention stands.
struct AttentionPlace {
  int layer = 0;                // of the cache, and for observers
  const Batch* keys = nullptr;  // whose rows k and v are, as many sequences; it outlives the tape. null: the queries'
                                // own, behind what the cache holds
  ScoreBias bias = {};
  AttentionKind kind = AttentionKind::self;  // for observers
};
// Attention of each sequence of the batch to itself and to what its cache holds already, or to the prefix of its edits,
// or, across, to the same sequence of place.keys, which is neither causal nor cached. `dtype` is that of the result.
Tensor attention(Run& run, AttentionShape shape, const Tensor& q, const Tensor& k, const Tensor& v,
                 const AttentionPlace& place, Dtype dtype = Dtype::f32);

// Of each value, as `dtype`; the identity is x itself.
Tensor activation(Run& run, Activation kind, const Tensor& x, Dtype dtype = Dtype::f32);
// activation(gate) * up
Tensor gated_activation(Run& run, Activation kind, const Tensor& gate, const Tensor& up, Dtype dtype = Dtype::f32);

Tensor add(Run& run, const Tensor& a, const Tensor& b);

// The same values in another shape.
Tensor reshaped(Run& run, const Tensor& x, int rows, int cols);
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

// Whether a low-rank update reads its input without a random part of it.
inline bool drops_input(const Run& run, const LowRank& edit) { return run.training && edit.dropout > 0; }

// The low-rank edit of one projection for some rows, as `linear` uses it.
struct LowRankPass {
  size_t projection;  // its place in the group
  int site;
  EditedRows rows;
  const LowRank* edit;                     // of `rows`
  std::shared_ptr<PackedFactors> factors;  // of this pass alone; null: the edit's
  PackedFactors::Form packed;
  float* hidden;  // rows × rank
  int rank() const { return edit->down.rows(); }
};
// The edits that a group of projections of some rows of an input has, in row order. A token of many adapters makes
// thousands, while other threads wait, so they share their memory.
struct LowRankPasses {
  std::vector<LowRankPass> list;
  Tensor hidden;  // of all
};
// Those that drop values of the input have their `hidden`; the product makes that of the others.
LowRankPasses low_rank_passes(const Run& run, Compute compute, const Tensor& x, const RoutedRows& part);
// Adds them for the kernel, where the group's projections are those from `first` on.
void add_kernel_edits(const Run& run, std::span<const LowRankPass> passes, size_t first,
                      std::vector<LowRankEdit>& edits);
// The gradients that have reached a group of projections of some rows of an input.
struct GroupGradient {
  Compute compute;
  std::vector<size_t> projections;  // their places in the group
  std::vector<Tensor> dys;          // of all rows
  std::vector<PackedMatrix> weights;
  GradientSum dx;
};
// Adds to dx through the weights and their edits, and to the gradients of the edits.
void low_rank_backward(const Run& run, Tape& tape, std::span<const LowRankPass> passes, const Saved& x, RowSpan rows,
                       const GroupGradient& gradient);

}  // namespace graft::inline v0
