// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/vocabulary.hpp"

#include <algorithm>
#include <functional>

#include "support/in_quotes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// Published vocabularies number their tokens nearly without holes; a far id would only cost memory.
int64_t highest_sensible_id(size_t tokens) { return static_cast<int64_t>(tokens) * 16 + 65536; }

size_t slots_for(size_t entries) {
  size_t slots = 16;
  while (slots < entries * 2) slots *= 2;
  return slots;
}

}  // namespace

void TextTable::add(std::string_view text) {
  bytes_ += text;
  ends_.push_back(bytes_.size());
}

Vocabulary Vocabulary::numbered(const std::vector<std::string_view>& tokens, const std::string& where) {
  std::vector<Entry> entries;
  entries.reserve(tokens.size());
  for (size_t id = 0; id < tokens.size(); ++id) entries.push_back({tokens[id], static_cast<int32_t>(id)});
  return Vocabulary(entries, where);
}

Vocabulary::Vocabulary(const std::vector<Entry>& entries, const std::string& where) {
  const int64_t limit = highest_sensible_id(entries.size());
  int32_t highest = -1;
  for (const Entry& entry : entries) {
    if (entry.id < 0 || entry.id > limit)
      fail<FileError>(where, ": token ", in_quotes(entry.text), " has id ", entry.id, ", expected 0 to ", limit);
    highest = std::max(highest, entry.id);
  }
  std::vector<int32_t> by_id(static_cast<size_t>(highest + 1), -1);
  for (size_t i = 0; i < entries.size(); ++i) {
    int32_t& place = by_id[static_cast<size_t>(entries[i].id)];
    if (place >= 0)
      fail<FileError>(where, ": tokens ", in_quotes(entries[static_cast<size_t>(place)].text), " and ",
                      in_quotes(entries[i].text), " share id ", entries[i].id, ", expected one token an id");
    place = static_cast<int32_t>(i);
  }
  present_.resize(by_id.size());
  slots_.assign(slots_for(entries.size()), -1);
  for (size_t id = 0; id < by_id.size(); ++id) {
    present_[id] = by_id[id] >= 0;
    texts_.add(present_[id] ? entries[static_cast<size_t>(by_id[id])].text : std::string_view());
    if (!present_[id]) continue;
    size_t slot = std::hash<std::string_view>{}(texts_[id]) & (slots_.size() - 1);
    while (slots_[slot] >= 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<int32_t>(id);
  }
}

std::optional<int32_t> Vocabulary::id(std::string_view text) const {
  if (slots_.empty()) return std::nullopt;
  size_t slot = std::hash<std::string_view>{}(text) & (slots_.size() - 1);
  for (; slots_[slot] >= 0; slot = (slot + 1) & (slots_.size() - 1))
    if (texts_[static_cast<size_t>(slots_[slot])] == text) return slots_[slot];
  return std::nullopt;
}

}  // namespace graft::inline v0
