// SPDX-License-Identifier: Apache-2.0
#include "graft/few_shot.hpp"

#include <algorithm>

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::string_view kText = "{text}", kLabel = "{label}";

// The only label of an example, which must be one of those.
const std::string& label_of(const Dataset& examples, size_t index, std::span<const std::string> labels) {
  const std::vector<std::string>& own = examples[index].labels;
  check(own.size() == 1, examples.where(index), ": ", own.size(), " labels, expected 1");
  check(std::find(labels.begin(), labels.end(), own[0]) != labels.end(), examples.where(index), ": label ",
        in_quotes(own[0]), " is none of the classifier's");
  return own[0];
}

}  // namespace

FewShotClassifier::FewShotClassifier(const Model& model, std::vector<std::string> labels, const FewShotOptions& options)
    : model_(model), labels_(std::move(labels)), adapter_(options.adapter) {
  const size_t text = options.form.find(kText), label = options.form.find(kLabel);
  check(text != std::string::npos && label != std::string::npos && text < label, "FewShotOptions: form is ",
        in_quotes(options.form), ", expected {text} and then {label}");
  check(labels_.size() >= 2, "FewShotClassifier: ", labels_.size(), " labels, expected at least 2");
  const size_t after_text = text + kText.size();
  before_ = options.form.substr(0, text);
  between_ = options.form.substr(after_text, label - after_text);
  const size_t spaces = between_.size() - (between_.find_last_not_of(' ') + 1);
  between_.resize(between_.size() - spaces);
  for (const std::string& name : labels_) continuations_.push_back(std::string(spaces, ' ') + name);

  const std::string end = options.form.substr(label + kLabel.size()) + options.separator;
  if (!options.instruction.empty()) start_ = options.instruction + options.separator;
  for (size_t i = 0; options.examples && i < options.examples->size(); ++i)
    start_ +=
        written((*options.examples)[i].text) + std::string(spaces, ' ') + label_of(*options.examples, i, labels_) + end;
  if (options.content_free.empty()) return;
  std::vector<std::string> prompts;
  for (const std::string& nothing : options.content_free) prompts.push_back(prompt(nothing));
  prior_ = model_.prior(prompts, continuations_, adapter_);
}

std::string FewShotClassifier::prompt(std::string_view text) const { return start_ + written(text); }

std::vector<std::vector<LabelScore>> FewShotClassifier::classify(std::span<const std::string> texts) const {
  std::vector<std::string> prompts;
  for (const std::string& text : texts) prompts.push_back(prompt(text));
  std::vector<std::vector<LabelScore>> results;
  for (const std::vector<Scored>& scored :
       model_.score(prompts, continuations_, {.prior = prior_, .adapter = adapter_})) {
    std::vector<LabelScore>& labels = results.emplace_back();
    for (size_t i = 0; i < scored.size(); ++i) labels.push_back({labels_[i], float(scored[i].probability)});
    std::stable_sort(labels.begin(), labels.end(),
                     [](const LabelScore& a, const LabelScore& b) { return a.probability > b.probability; });
  }
  return results;
}

std::vector<LabelScore> FewShotClassifier::classify(std::string_view text) const {
  const std::string one(text);
  return classify(std::span(&one, 1))[0];
}

}  // namespace graft::inline v0
