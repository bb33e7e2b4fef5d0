// SPDX-License-Identifier: Apache-2.0
#include "graft/self_training.hpp"

#include <algorithm>

#include "graft/classification.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// A text that has no label, and how sure one for it is.
struct Sure {
  size_t example;
  float probability;
};

// The examples that are to have each label, in the order of `labels`.
using Chosen = std::vector<std::vector<Sure>>;

Chosen sure_texts(const Model& model, const Dataset& texts, const SelfTrainingOptions& options) {
  const std::vector<std::string> labels = model.info().labels;
  Chosen chosen(labels.size());
  const std::vector<std::vector<LabelScore>> found = model.classify(texts, {.max_length = options.max_length});
  for (size_t i = 0; i < found.size(); ++i) {
    const size_t label = size_t(std::find(labels.begin(), labels.end(), found[i][0].label) - labels.begin());
    if (found[i][0].probability >= options.threshold) chosen[label].push_back({i, found[i][0].probability});
  }
  return chosen;
}

// Leaves the surest of each label.
void limit(Chosen& chosen, const SelfTrainingOptions& options) {
  size_t most = options.most_per_label ? options.most_per_label : SIZE_MAX;
  for (const std::vector<Sure>& of_label : chosen)
    if (options.balanced) most = std::min(most, of_label.size());
  for (std::vector<Sure>& of_label : chosen) {
    std::stable_sort(of_label.begin(), of_label.end(),
                     [](const Sure& a, const Sure& b) { return a.probability > b.probability; });
    of_label.resize(std::min(of_label.size(), most));
  }
}

Dataset with_pseudo_labels(const Dataset& labelled, const Dataset& texts, const Chosen& chosen,
                           const std::vector<std::string>& labels) {
  std::vector<Example> examples;
  for (size_t i = 0; i < labelled.size(); ++i) examples.push_back(labelled[i]);
  for (size_t label = 0; label < chosen.size(); ++label)
    for (const Sure& sure : chosen[label]) {
      Example& example = examples.emplace_back(texts[sure.example]);
      example.labels = {labels[label]};
    }
  return Dataset::from(std::move(examples));
}

double macro_f1(const Model& model, const Dataset& held_out, int max_length) {
  const std::vector<std::vector<LabelScore>> found = model.classify(held_out, {.max_length = max_length});
  return classification_report(held_out, found, model.info().labels, {.samples = 0}).macro_f1.value;
}

}  // namespace

SelfTrained self_train(const FitClassifier& fit, const Dataset& labelled, const Dataset& unlabelled,
                       const Dataset& held_out, const SelfTrainingOptions& options) {
  check(options.rounds >= 0, "SelfTrainingOptions: rounds is ", options.rounds, ", expected at least 0");
  check(options.threshold > 0 && options.threshold <= 1, "SelfTrainingOptions: threshold is ", options.threshold,
        ", expected more than 0 and at most 1");
  const auto tell = [&](SelfTrained& result, SelfTrainingRound round) {
    result.rounds.push_back(std::move(round));
    if (options.on_round) options.on_round(result.rounds.back());
  };
  SelfTrained best{.model = fit(labelled)};
  best.macro_f1 = macro_f1(best.model, held_out, options.max_length);
  tell(best, {.round = 0, .added = {}, .macro_f1 = best.macro_f1, .kept = true});
  const std::vector<std::string> labels = best.model.info().labels;
  for (int round = 1; round <= options.rounds && !options.cancel.stop_requested(); ++round) {
    Chosen chosen = sure_texts(best.model, unlabelled, options);
    limit(chosen, options);
    SelfTrainingRound done{.round = round};
    size_t added = 0;
    for (size_t i = 0; i < labels.size(); ++i) {
      done.added.emplace_back(labels[i], chosen[i].size());
      added += chosen[i].size();
    }
    if (added == 0) break;
    Model model = fit(with_pseudo_labels(labelled, unlabelled, chosen, labels));
    done.macro_f1 = macro_f1(model, held_out, options.max_length);
    done.kept = done.macro_f1 >= best.macro_f1;
    tell(best, done);
    if (!done.kept) break;
    best.model = std::move(model);
    best.macro_f1 = done.macro_f1;
  }
  return best;
}

}  // namespace graft::inline v0
