// SPDX-License-Identifier: Apache-2.0
#include "train/task_loss.hpp"

#include <numeric>

#include "ops/losses.hpp"
#include "train/contrastive_loss.hpp"

namespace graft::inline v0 {
namespace {

// Weights of rows, one for each of the row's outputs.
std::vector<float> spread(const std::vector<float>& weights, int outputs) {
  std::vector<float> all;
  for (const float weight : weights) all.insert(all.end(), size_t(outputs), weight);
  return all;
}

Tensor class_loss(Run& run, const Trunk& trunk, const Tensor& scores, const Labels& labels) {
  switch (problem_of(trunk)) {
    case Problem::one_of:
      return cross_entropy(run, scores, labels.classes, labels.weights);
    case Problem::any_of:
      return binary_cross_entropy(run, scores, labels.values, spread(labels.weights, scores.cols()));
    case Problem::number:
      break;
  }
  return squared_error(run, scores, labels.values, spread(labels.weights, scores.cols()));
}

// Devlin et al. 2019: the mean of the cross-entropies of start and end, each over the tokens of the sequence.
Tensor span_loss(Run& run, const Tensor& scores, const Labels& labels) {
  Tensor sum;
  for (int i = 0; i < run.batch.sequences(); ++i) {
    const SpanScores of = span_scores(run, scores, i);
    const float weight = labels.weights[size_t(i)] / 2;
    const Tensor both = add(run, cross_entropy(run, of.start, {&labels.starts[size_t(i)], 1}, {&weight, 1}),
                            cross_entropy(run, of.end, {&labels.ends[size_t(i)], 1}, {&weight, 1}));
    sum = sum ? add(run, sum, both) : both;
  }
  return sum;
}

}  // namespace

Problem problem_of(const Trunk& trunk) {
  const std::string type = trunk.config.text_or("problem_type", "");
  if (type == "multi_label_classification") return Problem::any_of;
  const bool is_single = trunk.transformer.head().config().outputs == 1;
  return type == "regression" || (type.empty() && is_single) ? Problem::number : Problem::one_of;
}

SpanScores span_scores(Run& run, const Tensor& scores, int sequence) {
  const int begin = run.batch.text_begin(sequence), end = run.batch.offsets[size_t(sequence) + 1];
  std::vector<int32_t> rows(size_t(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  const Tensor of = gather_rows(run, scores, rows);
  const auto column = [&](int index) { return reshaped(run, columns(run, of, {index, 1, 0, 1}), 1, of.rows()); };
  return {column(0), column(1)};
}

TaskLoss task_loss(Run& run, const Trunk& trunk, const Tensor& hidden, Labels labels) {
  const Transformer& network = trunk.transformer;
  const ScoreHead& head = network.head();
  switch (trunk.architecture.task) {
    case Task::causal:
    case Task::masked:
    case Task::translate: {
      HeadLoss loss = head.loss(run, hidden, std::move(labels.tokens));
      return {loss.loss, std::move(loss.log_probabilities)};
    }
    case Task::pretraining: {
      HeadLoss words = head.loss(run, hidden, std::move(labels.tokens));
      const Tensor next = cross_entropy(run, network.heads().at(1)(run, hidden), labels.classes, labels.weights);
      return {add(run, words.loss, next), std::move(words.log_probabilities)};
    }
    case Task::classify:
      return {class_loss(run, trunk, head(run, hidden), labels), {}};
    case Task::tag:
      return {cross_entropy(run, head(run, hidden), labels.classes, labels.weights), {}};
    case Task::discriminate:
      return {binary_cross_entropy(run, head(run, hidden), labels.values, labels.weights), {}};
    case Task::span:
      return {span_loss(run, head(run, hidden), labels), {}};
    case Task::features:
      break;
  }
  return {contrastive_loss(run, hidden, labels), {}};
}

}  // namespace graft::inline v0
