// SPDX-License-Identifier: Apache-2.0
//
// A classifier out of a decoder and a prompt, without training: which label it would rather write.
//
//   const graft::FewShotClassifier classifier(model, {"blame", "praise"}, {.examples = train.take(8)});
//   std::cout << classifier.classify("The kettle broke on the second day.")[0].label;
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <graft/dataset.hpp>
#include <graft/export.hpp>
#include <graft/model.hpp>
#include <graft/tasks.hpp>

namespace graft::inline v0 {

struct FewShotOptions {
  std::string instruction = {};  // begins the prompt, unless empty
  // How a text and its label are written. A prompt ends before {label}; spaces there belong to the label.
  std::string form = "Text: {text}\nLabel: {label}";
  std::string separator = "\n\n";        // between the instruction, the examples and the text
  std::optional<Dataset> examples = {};  // texts with one of the labels each, in this order; none: zero-shot
  // Texts that say nothing: the probabilities are divided by the mean of theirs (contextual calibration, Zhao et al.
  // 2021). Empty: they are not.
  std::vector<std::string> content_free = {"N/A", "[MASK]", ""};
  const Adapter* adapter = nullptr;  // not owned; null: the model as it was loaded
};

// A value; keeps the model alive. Many threads may use it at once.
class GRAFT_EXPORT FewShotClassifier {
 public:
  // Throws UnsupportedError for a model that is no decoder, ArgumentError for a form without {text} before {label},
  // less than two labels, or an example without exactly one of them.
  FewShotClassifier(const Model& model, std::vector<std::string> labels, const FewShotOptions& options = {});

  // The labels of a text, or of several, the most probable first; the probabilities are shares among the labels. Throws
  // ArgumentError for a prompt beyond the context.
  std::vector<LabelScore> classify(std::string_view text) const;
  std::vector<std::vector<LabelScore>> classify(std::span<const std::string> texts) const;
  // The prompt that a text gets.
  std::string prompt(std::string_view text) const;

 private:
  std::string written(std::string_view text) const { return before_ + std::string(text) + between_; }

  Model model_;
  std::vector<std::string> labels_, continuations_;
  std::string start_, before_, between_;
  const Adapter* adapter_;
  std::vector<double> prior_ = {};  // of the labels
};

}  // namespace graft::inline v0
