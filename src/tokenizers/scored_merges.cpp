// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/scored_merges.hpp"

#include <algorithm>

namespace graft::inline v0 {

std::vector<Merge> scored_merges(const Vocabulary& vocabulary, const std::vector<float>& scores,
                                 const std::vector<bool>& mergeable) {
  std::vector<int32_t> order;
  for (int32_t id = 0; id < vocabulary.size(); ++id)
    if (mergeable[static_cast<size_t>(id)]) order.push_back(id);
  const auto score = [&](int32_t id) { return scores[static_cast<size_t>(id)]; };
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return score(a) > score(b); });
  const auto find = [&](std::string_view text) {
    const std::optional<int32_t> id = vocabulary.id(text);
    return id && mergeable[static_cast<size_t>(*id)] ? *id : -1;
  };
  std::vector<Merge> merges;
  uint32_t rank = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && score(order[i]) < score(order[i - 1])) ++rank;
    const std::string_view text = vocabulary.text(order[i]);
    for (size_t at = 1; at < text.size(); ++at) {
      if ((text[at] & 0xC0) == 0x80) continue;
      const int32_t left = find(text.substr(0, at)), right = left < 0 ? -1 : find(text.substr(at));
      if (right >= 0) merges.push_back({left, right, order[i], rank});
    }
  }
  return merges;
}

}  // namespace graft::inline v0
