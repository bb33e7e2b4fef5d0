// SPDX-License-Identifier: Apache-2.0
#include "train/answer_pass.hpp"

#include <algorithm>
#include <iterator>

namespace graft::inline v0 {
namespace {

MicroBatch batch_of(const NetworkContext& network, std::span<const TokenRow* const> rows,
                    std::span<const int64_t> numbers) {
  MicroBatchMaker maker(network.trunk, {1, 1}, 0, network.edits);
  for (size_t i = 0; i < rows.size(); ++i) maker.add(*rows[i], numbers[i]);
  return maker.take();
}

}  // namespace

AnswerPass::AnswerPass(const NetworkContext& network, std::span<const TokenRow* const> rows,
                       std::span<const int64_t> numbers, const AnswerPassOptions& options)
    : AnswerPass(network, batch_of(network, rows, numbers), options) {
  for (const TokenRow* row : rows) counts_.push_back(row->trained_tokens());
}

AnswerPass::AnswerPass(const NetworkContext& network, MicroBatch micro, const AnswerPassOptions& options)
    : network_(network),
      none_(network.memory),
      pass_(network, std::move(micro.batch)),
      tape_(options.gradients ? *options.gradients : none_, network.memory, network.lane),
      targets_(std::move(micro.labels.tokens)) {
  pass_.record(tape_, options.gradients != nullptr, options.seed, options.step);
  hidden_ = pass_.hidden({.recomputes = options.recompute});
}

std::vector<double> AnswerPass::log_likelihoods() {
  Tape blind(none_, network_.memory, network_.lane);
  Run run = pass_.run();
  run.tape = &blind;
  const std::vector<float> of_tokens = network_.trunk.transformer.head().loss(run, hidden_, targets_).log_probabilities;
  std::vector<double> sums;
  size_t at = 0;
  for (const size_t count : counts_) {
    double& sum = sums.emplace_back();
    for (size_t i = 0; i < count; ++i) sum += of_tokens[at++];
  }
  return sums;
}

void AnswerPass::backward(std::span<const double> slopes) {
  targets_.weights.clear();
  for (size_t i = 0; i < counts_.size(); ++i)
    targets_.weights.insert(targets_.weights.end(), counts_[i], -float(slopes[i]));
  const Tensor loss = network_.trunk.transformer.head().loss(pass_.run(), hidden_, targets_).loss;
  if (tape_.watches(loss)) tape_.backward(loss);
}

std::vector<double> log_likelihoods(const NetworkContext& network, std::span<const TokenRow* const> rows,
                                    size_t micro_batch_tokens) {
  std::vector<size_t> lengths;
  for (const TokenRow* row : rows) lengths.push_back(token_count(Task::causal, *row));
  std::vector<double> all;
  for (const RowRange& range : pack(lengths, micro_batch_tokens)) {
    const std::vector<int64_t> numbers(range.end - range.begin);  // nothing is random
    AnswerPass pass(network, rows.subspan(range.begin, numbers.size()), numbers, {});
    std::ranges::copy(pass.log_likelihoods(), std::back_inserter(all));
  }
  return all;
}

}  // namespace graft::inline v0
