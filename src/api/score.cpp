// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>

#include "api/passes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// A token of a continuation: the row of its input that predicts it, and whose likelihood it adds to.
struct Wanted {
  int32_t row, token;
  size_t scored;
};

// What goes through the network. Continuations that differ only in their last tokens have one input.
using Inputs = std::map<std::vector<int32_t>, std::vector<Wanted>>;

void add_input(Inputs& inputs, const std::vector<int32_t>& before, const std::vector<int32_t>& after, size_t scored) {
  if (after.empty()) return;
  std::vector<int32_t> ids = before;
  ids.insert(ids.end(), after.begin(), after.end() - 1);
  std::vector<Wanted>& wanted = inputs[std::move(ids)];
  for (size_t i = 0; i < after.size(); ++i) wanted.push_back({int32_t(before.size() + i) - 1, after[i], scored});
  std::stable_sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.row < b.row; });
}

// Adds to the likelihoods of all that is wanted of the inputs.
void add_likelihoods(const Call& call, const Inputs& of, std::span<Scored> scored) {
  std::vector<PassInput> inputs;
  std::vector<const std::vector<Wanted>*> wanted;
  for (const auto& [ids, tokens] : of) {
    inputs.push_back({ids});
    wanted.push_back(&tokens);
  }
  for_each_pass(call, inputs, [&](NetworkPass& pass, const Tensor& hidden, size_t first) {
    Targets targets;
    for (int i = 0; i < pass.batch().sequences(); ++i)
      for (const Wanted& one : *wanted[first + size_t(i)]) {
        targets.rows.push_back(pass.batch().text_begin(i) + one.row);
        targets.tokens.push_back(one.token);
      }
    targets.weights.assign(targets.rows.size(), 1);
    const std::vector<float> found =
        call.context.trunk.transformer.head().loss(pass.run(), hidden, std::move(targets)).log_probabilities;
    size_t next = 0;
    for (int i = 0; i < pass.batch().sequences(); ++i)
      for (const Wanted& one : *wanted[first + size_t(i)]) scored[one.scored].log_likelihood += found[next++];
  });
}

// The shares of the continuations of one prompt.
void share(std::span<Scored> scored, std::span<const double> prior) {
  double most = -INFINITY, sum = 0;
  for (size_t i = 0; i < scored.size(); ++i) {
    scored[i].probability = scored[i].log_likelihood - (prior.empty() ? 0 : std::log(prior[i]));
    most = std::max(most, scored[i].probability);
  }
  for (Scored& one : scored) sum += one.probability = std::exp(one.probability - most);
  for (Scored& one : scored) one.probability /= sum;
}

}  // namespace

std::vector<std::vector<Scored>> Model::score(std::span<const std::string> prompts,
                                              std::span<const std::string> continuations,
                                              const ScoreOptions& options) const {
  check<UnsupportedError>(state_->trunk->architecture.task == Task::causal, "score: the model is a ",
                          state_->trunk->architecture.name, ", expected a decoder");
  check(options.prior.empty() || options.prior.size() == continuations.size(), "ScoreOptions: prior has ",
        options.prior.size(), " values, expected one for each of ", continuations.size(), " continuations");
  for (const double prior : options.prior)
    check(std::isfinite(prior) && prior > 0, "ScoreOptions: prior is ", prior, ", expected more than 0");
  std::vector<std::vector<int32_t>> after;
  for (const std::string& continuation : continuations)
    after.push_back(state_->tokenizer.encode(continuation, {.special_tokens = false, .parse_special = false}));
  Inputs inputs;
  std::vector<Scored> all;
  for (const std::string& prompt : prompts) {
    const std::vector<int32_t> before = state_->tokenizer.encode(prompt);
    check(!before.empty(), "score: the prompt has no tokens");
    for (const std::vector<int32_t>& tokens : after) {
      add_input(inputs, before, tokens, all.size());
      all.push_back({.tokens = int(tokens.size())});
    }
  }
  add_likelihoods(Call(*state_, options.adapter), inputs, all);
  std::vector<std::vector<Scored>> results;
  for (size_t i = 0; i < prompts.size(); ++i) {
    const std::span<Scored> of_prompt = std::span(all).subspan(i * after.size(), after.size());
    share(of_prompt, options.prior);
    results.emplace_back(of_prompt.begin(), of_prompt.end());
  }
  return results;
}

std::vector<Scored> Model::score(std::string_view prompt, std::span<const std::string> continuations,
                                 const ScoreOptions& options) const {
  const std::string one(prompt);
  return score(std::span(&one, 1), continuations, options)[0];
}

std::vector<double> Model::prior(std::span<const std::string> prompts, std::span<const std::string> continuations,
                                 const Adapter* adapter) const {
  check(!prompts.empty(), "prior: there is no prompt");
  std::vector<double> means(continuations.size());
  for (const std::vector<Scored>& scored : score(prompts, continuations, {.prior = {}, .adapter = adapter}))
    for (size_t i = 0; i < means.size(); ++i) means[i] += scored[i].probability / double(prompts.size());
  return means;
}

}  // namespace graft::inline v0
