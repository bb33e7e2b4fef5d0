// SPDX-License-Identifier: Apache-2.0
#include "train/preference_objective.hpp"

#include <algorithm>

#include "support/fingerprint.hpp"
#include "support/message.hpp"
#include "tensor/packed_factors.hpp"
#include "train/answer_pass.hpp"
#include "train/option_fields.hpp"
#include "train/preference_loss.hpp"

namespace graft::inline v0 {
namespace {

std::ptrdiff_t answer_begin(const TokenRow& row) {
  return std::find(row.trained.begin(), row.trained.end(), true) - row.trained.begin();
}

// The prompt of one row with the answer of another.
TokenRow mismatch(const TokenRow& prompt, const TokenRow& answer) {
  const std::ptrdiff_t begin = answer_begin(prompt), from = answer_begin(answer);
  TokenRow row{{prompt.ids.begin(), prompt.ids.begin() + begin}, std::vector<bool>(size_t(begin))};
  row.ids.insert(row.ids.end(), answer.ids.begin() + from, answer.ids.end());
  row.trained.insert(row.trained.end(), answer.trained.begin() + from, answer.trained.end());
  return row;
}

std::vector<const TokenRow*> pointers(std::span<const TokenRow> rows) {
  std::vector<const TokenRow*> all;
  for (const TokenRow& row : rows) all.push_back(&row);
  return all;
}

}  // namespace

// What all micro-batches of a step share, and its sums.
struct PreferenceObjective::Step {
  const NetworkContext& network;
  AnswerPassOptions pass;
  double divergence, share;  // of a pair in the mean
  double loss = 0, margin = 0;
  int64_t tokens = 0, preferred = 0;
};

PreferencePairs make_pairs(std::vector<TokenRow> rows, const TrainOptions& options) {
  PreferencePairs pairs{.rows = std::move(rows)};
  if (options.preference.loss != PreferenceLoss::kto) return pairs;
  for (size_t i = 0; i < pairs.size(); ++i)
    pairs.mismatched.push_back(mismatch(pairs.rows[2 * i], pairs.rows[2 * ((i + pairs.size() - 1) % pairs.size())]));
  return pairs;
}

void add_reference(PreferencePairs& pairs, const NetworkContext& reference, const TrainOptions& options) {
  const size_t tokens = size_t(options.micro_batch_tokens);
  pairs.reference = log_likelihoods(reference, pointers(pairs.rows), tokens);
  pairs.mismatched_reference = log_likelihoods(reference, pointers(pairs.mismatched), tokens);
}

PreferenceObjective::PreferenceObjective(const Trunk& trunk, const PreferencePairs& pairs, const TrainOptions& options,
                                         const Edits* edits)
    : trunk_(trunk),
      pairs_(pairs),
      edits_(edits),
      options_(options.preference),
      precision_(options.precision),
      micro_batch_tokens_(size_t(options.micro_batch_tokens)),
      recompute_(options.recompute),
      saves_rounded_(options.save_rounded) {}

double PreferenceObjective::divergence(const NetworkContext& network, std::span<const size_t> examples) const {
  if (options_.loss != PreferenceLoss::kto) return 0;
  std::vector<const TokenRow*> rows;
  for (const size_t example : examples) rows.push_back(&pairs_.mismatched[example]);
  const std::vector<double> found = log_likelihoods(network, rows, micro_batch_tokens_);
  double sum = 0;
  for (size_t i = 0; i < found.size(); ++i) sum += found[i] - pairs_.mismatched_reference[examples[i]];
  return std::max(0.0, sum / double(examples.size()));
}

void PreferenceObjective::add_pairs(Step& step, std::span<const size_t> examples) const {
  std::vector<const TokenRow*> rows;
  std::vector<int64_t> numbers;
  std::vector<AnswerLikelihood> answers;
  for (const size_t example : examples)
    for (const size_t row : {2 * example, 2 * example + 1}) {
      rows.push_back(&pairs_.rows[row]);
      numbers.push_back(int64_t(row));
      answers.push_back(
          {0, pairs_.reference.empty() ? 0 : pairs_.reference[row], int64_t(rows.back()->trained_tokens())});
      step.tokens += int64_t(token_count(Task::causal, *rows.back()));
    }
  AnswerPass pass(step.network, rows, numbers, step.pass);
  const std::vector<double> found = pass.log_likelihoods();
  for (size_t i = 0; i < found.size(); ++i) answers[i].model = found[i];
  std::vector<double> slopes;
  for (size_t i = 0; i < answers.size(); i += 2) {
    const PairLoss pair = pair_loss(options_, answers[i], answers[i + 1], step.divergence);
    const double margin = pair.chosen_reward - pair.rejected_reward;
    step.loss += pair.loss;
    step.margin += margin;
    step.preferred += margin > 0;
    slopes.push_back(pair.chosen_slope * step.share);
    slopes.push_back(pair.rejected_slope * step.share);
  }
  if (step.pass.gradients) pass.backward(slopes);
}

StepLoss PreferenceObjective::loss(const LossContext& context, std::span<const size_t> examples,
                                   Gradients* gradients) const {
  const Edits edits = edits_ ? packed_once(*edits_, context.memory) : Edits();
  const NetworkContext network{trunk_,        context.lane, context.memory, precision_, edits_ ? &edits : nullptr,
                               saves_rounded_};
  Step step{network,
            {gradients, context.seed, context.step, recompute_},
            divergence(network, examples),
            1 / double(examples.size())};
  std::vector<size_t> lengths;
  for (const size_t example : examples)
    lengths.push_back(token_count(Task::causal, pairs_.rows[2 * example]) +
                      token_count(Task::causal, pairs_.rows[2 * example + 1]));
  for (const RowRange& range : pack_part(lengths, micro_batch_tokens_, context.share.rank, context.share.ranks))
    add_pairs(step, examples.subspan(range.begin, range.end - range.begin));
  const Rewards rewards{float(step.margin * step.share), float(double(step.preferred) * step.share)};
  return {step.loss, int64_t(examples.size()), step.tokens, rewards};
}

uint64_t PreferenceObjective::fingerprint() const {
  Fingerprint print;
  for (const TokenRow& row : pairs_.rows)
    for (size_t i = 0; i < row.ids.size(); ++i)
      print.add(uint64_t(uint32_t(row.ids[i])) << 1 | uint64_t(row.trained[i]));
  for (const double likelihood : pairs_.reference) print.add(float(likelihood));
  print.add(uint64_t(options_.loss));
  PreferenceOptions options = options_;
  each_field(options, [&](const char*, float value, Bound) { print.add(value); });
  return print.hash();
}

}  // namespace graft::inline v0
