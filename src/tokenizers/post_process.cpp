// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/post_process.hpp"

#include <algorithm>
#include <utility>

namespace graft::inline v0 {
namespace {

EncodedText template_token(const TemplateItem& item) {
  return {{item.id}, {{0, 0}}, {item.type_id}, {1}, {kNoSequence}, {1}, {}};
}

EncodedText apply(const std::vector<TemplateItem>& items, const EncodedText& first, const EncodedText* second,
                  bool special_tokens) {
  EncodedText result;
  for (const TemplateItem& item : items) {
    if (item.kind == TemplateItem::token) {
      if (special_tokens) result.append(template_token(item));
      continue;
    }
    const bool is_first = item.kind == TemplateItem::first_text;
    if (!is_first && !second) continue;
    const size_t begin = result.size();
    result.append(is_first ? first : *second);
    std::fill(result.type_ids.begin() + static_cast<ptrdiff_t>(begin), result.type_ids.end(), item.type_id);
    std::fill(result.sequence.begin() + static_cast<ptrdiff_t>(begin), result.sequence.end(), is_first ? 0 : 1);
  }
  return result;
}

}  // namespace

size_t PostProcessor::added_tokens(bool is_pair) const {
  const std::vector<TemplateItem>& items = is_pair ? pair : single;
  return static_cast<size_t>(std::count_if(items.begin(), items.end(),
                                           [](const TemplateItem& item) { return item.kind == TemplateItem::token; }));
}

EncodedText PostProcessor::process(EncodedText first, const EncodedText* second, bool special_tokens) const {
  const std::vector<TemplateItem>& items = second ? pair : single;
  const std::vector<EncodedText> windows = std::exchange(first.overflowing, {});
  EncodedText result = apply(items, first, second, special_tokens);
  for (const EncodedText& window : windows) {
    result.overflowing.push_back(apply(items, window, second, special_tokens));
    if (!second) continue;
    for (const EncodedText& other : second->overflowing)
      result.overflowing.push_back(apply(items, window, &other, special_tokens));
  }
  if (second)
    for (const EncodedText& other : second->overflowing)
      result.overflowing.push_back(apply(items, first, &other, special_tokens));
  return result;
}

}  // namespace graft::inline v0
