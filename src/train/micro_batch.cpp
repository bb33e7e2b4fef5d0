// SPDX-License-Identifier: Apache-2.0
#include "train/micro_batch.hpp"

#include <algorithm>

#include "ops/losses.hpp"

namespace graft::inline v0 {
namespace {

// The last token of a row only is a target, and what follows the last trained one is nothing to the loss.
size_t causal_inputs(const TokenRow& row) {
  size_t last = row.ids.size();
  while (last > 0 && !row.trained[last - 1]) --last;
  return last > 0 ? last - 1 : 0;
}

int64_t counted(const std::vector<int32_t>& labels) {
  return std::count_if(labels.begin(), labels.end(), [](int32_t label) { return label >= 0; });
}

}  // namespace

int64_t label_count(Task task, const TokenRow& row) {
  switch (task) {
    case Task::causal:
      return int64_t(row.trained_tokens());
    case Task::translate:
      return int64_t(row.target.size());
    case Task::classify:
    case Task::span:
    case Task::features:
      return 1;
    default:
      return counted(row.token_labels);
  }
}

size_t token_count(Task task, const TokenRow& row) {
  return task == Task::causal ? causal_inputs(row) : row.ids.size() + row.target.size() + row.second.size();
}

MicroBatchMaker::MicroBatchMaker(const Trunk& trunk, const StepCounts& counts, float label_smoothing,
                                 const Edits* edits)
    : task_(trunk.architecture.task),
      start_token_(trunk.transformer.config().start_token),
      label_weight_(1 / float(counts.labels)),
      row_weight_(1 / float(counts.rows)),
      edits_(edits) {
  micro_.labels.tokens.label_smoothing = label_smoothing;
}

void MicroBatchMaker::add_target(int row, int32_t token) {
  micro_.labels.tokens.rows.push_back(row);
  micro_.labels.tokens.tokens.push_back(token);
  micro_.labels.tokens.weights.push_back(label_weight_);
}

int MicroBatchMaker::add_sequence(std::span<const int32_t> ids, int64_t number, std::span<const int32_t> types) {
  micro_.batch.add(ids, 0, number, types, edits_);
  return micro_.batch.text_begin(micro_.batch.sequences() - 1);
}

void MicroBatchMaker::add_causal(const TokenRow& row, int64_t number) {
  const size_t count = causal_inputs(row);
  if (row.trained_tokens() == 0) return;
  const int first = add_sequence({row.ids.data(), count}, number);
  if (row.trained[0]) add_target(first - 1, row.ids[0]);
  for (size_t i = 0; i < count; ++i)
    if (row.trained[i + 1]) add_target(first + int(i), row.ids[i + 1]);
}

void MicroBatchMaker::add_translation(const TokenRow& row, int64_t number) {
  if (row.target.empty()) return;
  micro_.sources.add(row.ids, 0, number, {}, edits_);
  const int first = micro_.batch.rows();
  std::vector<int32_t> shifted = {start_token_};
  shifted.insert(shifted.end(), row.target.begin(), row.target.end() - 1);
  micro_.batch.add(shifted, 0, number);
  for (size_t i = 0; i < row.target.size(); ++i) add_target(first + int(i), row.target[i]);
}

void MicroBatchMaker::add_labelled(const TokenRow& row, int64_t number) {
  Labels& labels = micro_.labels;
  const int begin = micro_.batch.rows(), first = add_sequence(row.ids, number, row.types);
  const bool has_words = task_ == Task::masked || task_ == Task::pretraining;
  if (task_ == Task::tag) {
    labels.classes.insert(labels.classes.end(), size_t(first - begin), kIgnored);
    labels.weights.insert(labels.weights.end(), size_t(first - begin), 0);
  }
  for (size_t i = 0; i < row.token_labels.size(); ++i) {
    if (task_ == Task::discriminate) {
      labels.values.push_back(float(row.token_labels[i]));
      labels.weights.push_back(label_weight_);
    } else if (!has_words) {
      labels.classes.push_back(row.token_labels[i] < 0 ? kIgnored : row.token_labels[i]);
      labels.weights.push_back(label_weight_);
    } else if (row.token_labels[i] >= 0) {
      add_target(first + int(i), row.token_labels[i]);
    }
  }
  if (task_ != Task::pretraining && task_ != Task::classify && task_ != Task::span) return;
  labels.classes.push_back(row.label);
  labels.values.insert(labels.values.end(), row.values.begin(), row.values.end());
  labels.starts.push_back(row.start);
  labels.ends.push_back(row.end);
  labels.weights.push_back(row_weight_);
}

void MicroBatchMaker::add_pair(const TokenRow& row, int64_t number) {
  add_sequence(row.ids, 2 * number);
  add_sequence(row.second, 2 * number + 1);
  micro_.labels.values.insert(micro_.labels.values.end(), row.values.begin(), row.values.end());
  micro_.labels.weights.push_back(row_weight_);
}

void MicroBatchMaker::add(const TokenRow& row, int64_t number) {
  switch (task_) {
    case Task::causal:
      return add_causal(row, number);
    case Task::translate:
      return add_translation(row, number);
    case Task::features:
      return add_pair(row, number);
    default:
      return add_labelled(row, number);
  }
}

}  // namespace graft::inline v0
