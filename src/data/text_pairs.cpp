// SPDX-License-Identifier: Apache-2.0
#include "graft/text_pairs.hpp"

#include <map>

#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {

Dataset pairs_of_labels(const Dataset& labelled, int per_text, uint64_t seed) {
  check(per_text > 0, "pairs_of_labels: per_text is ", per_text, ", expected at least 1");
  std::map<std::string, std::vector<size_t>> by_label;
  for (size_t i = 0; i < labelled.size(); ++i) {
    check(labelled[i].labels.size() == 1, labelled.where(i), ": ", labelled[i].labels.size(), " labels, expected 1");
    by_label[labelled[i].labels[0]].push_back(i);
  }
  std::vector<Example> pairs;
  for (size_t i = 0; i < labelled.size(); ++i) {
    std::vector<size_t> same, other;
    for (const auto& [label, texts] : by_label)
      for (const size_t text : texts)
        if (text != i) (label == labelled[i].labels[0] ? same : other).push_back(text);
    if (same.empty() || other.empty()) continue;
    for (int k = 0; k < 2 * per_text; ++k) {
      const std::vector<size_t>& from = k % 2 ? other : same;
      const size_t chosen = from[random_number(seed, i, uint64_t(k)) % from.size()];
      pairs.push_back({.text = labelled[i].text, .second = labelled[chosen].text, .values = {k % 2 ? 0.0f : 1.0f}});
    }
  }
  check(!pairs.empty(), "pairs_of_labels: found ", by_label.size(), " labels of ", labelled.size(),
        " texts, expected at least 2 labels, and one of them with 2 texts");
  return Dataset::from(std::move(pairs));
}

}  // namespace graft::inline v0
