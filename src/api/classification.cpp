// SPDX-License-Identifier: Apache-2.0
#include "graft/classification.hpp"

#include <algorithm>

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

size_t number_of(const std::string& label, std::span<const std::string> labels, const std::string& where) {
  const auto found = std::find(labels.begin(), labels.end(), label);
  check(found != labels.end(), where, ": label ", in_quotes(label), " is none of the ", labels.size(), " classes");
  return size_t(found - labels.begin());
}

}  // namespace

ClassificationReport classification_report(const Dataset& data, std::span<const std::vector<LabelScore>> found,
                                           std::span<const std::string> labels, const BootstrapOptions& options) {
  check(found.size() == data.size(), "classification_report: labels of ", found.size(), " texts, expected ",
        data.size());
  std::vector<int32_t> targets;
  std::vector<float> probabilities(data.size() * labels.size());
  for (size_t i = 0; i < data.size(); ++i) {
    const std::string where = data.where(i);
    check(data[i].labels.size() == 1, where, ": ", data[i].labels.size(), " labels, expected 1");
    targets.push_back(int32_t(number_of(data[i].labels[0], labels, where)));
    for (const LabelScore& score : found[i])
      probabilities[i * labels.size() + number_of(score.label, labels, where)] = score.probability;
  }
  return classification_report(targets, probabilities, int(labels.size()), options);
}

}  // namespace graft::inline v0
