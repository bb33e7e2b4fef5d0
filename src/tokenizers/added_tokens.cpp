// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/added_tokens.hpp"

#include <algorithm>
#include <utility>

#include "support/utf8.hpp"
#include "tokenizers/unicode.hpp"

namespace graft::inline v0 {
namespace {

size_t beginning(char first, char second) {
  return static_cast<size_t>(static_cast<unsigned char>(first)) << 8 | static_cast<unsigned char>(second);
}

bool is_word_before(std::string_view text, size_t at) {
  return at > 0 && unicode_table().read(text, character_before(text, at)).classes & kWord;
}
bool is_word_behind(std::string_view text, size_t at) {
  return at < text.size() && unicode_table().read(text, at).classes & kWord;
}

size_t spaces_before(std::string_view text, size_t at, size_t limit) {
  while (at > limit) {
    const size_t previous = character_before(text, at);
    if (previous < limit || !(unicode_table().read(text, previous).classes & kSpace)) break;
    at = previous;
  }
  return at;
}

size_t spaces_behind(std::string_view text, size_t at) {
  while (at < text.size()) {
    const Character c = unicode_table().read(text, at);
    if (!(c.classes & kSpace)) break;
    at += c.length;
  }
  return at;
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)), nodes_(1) {
  std::erase_if(tokens_, [](const AddedToken& token) { return token.content.empty(); });
  nodes_[0] = {0, -1, 0, 0};
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const std::string& content = tokens_[i].content;
    for (int second = 0; second < 256; ++second)
      if (content.size() == 1 || content[1] == static_cast<char>(second))
        beginnings_.set(beginning(content[0], static_cast<char>(second)));
    size_t node = 0;
    for (const char c : content) {
      const auto byte = static_cast<unsigned char>(c);
      uint32_t child = nodes_[node].child;
      while (child && nodes_[child].byte != byte) child = nodes_[child].sibling;
      if (!child) {
        child = static_cast<uint32_t>(nodes_.size());
        nodes_.push_back({byte, -1, 0, nodes_[node].child});
        nodes_[node].child = child;
      }
      node = child;
    }
    nodes_[node].token = static_cast<int32_t>(i);
  }
}

const AddedToken* AddedTokenFinder::longest_at(std::string_view text, size_t at) const {
  const AddedToken* longest = nullptr;
  for (uint32_t node = 0; at < text.size(); ++at) {
    node = nodes_[node].child;
    while (node && nodes_[node].byte != static_cast<unsigned char>(text[at])) node = nodes_[node].sibling;
    if (!node) break;
    if (nodes_[node].token >= 0) longest = &tokens_[static_cast<size_t>(nodes_[node].token)];
  }
  return longest;
}

void AddedTokenFinder::split(std::string_view text,
                             const std::function<bool(const AddedToken&, size_t, size_t)>& admits,
                             const std::function<void(const Stretch&)>& take) const {
  size_t done = 0;
  for (size_t at = 0; !empty() && at < text.size(); ++at) {
    if (!beginnings_[beginning(text[at], at + 1 < text.size() ? text[at + 1] : '\0')]) continue;
    const AddedToken* token = longest_at(text, at);
    if (!token || at < done) continue;
    size_t begin = at, end = at + token->content.size();
    // A refused match hides nothing behind its first byte; one inside a word hides its whole text.
    if (admits && !admits(*token, begin, end)) continue;
    if (token->single_word && (is_word_before(text, begin) || is_word_behind(text, end))) {
      at = end - 1;
      continue;
    }
    if (token->lstrip) begin = spaces_before(text, begin, done);
    if (token->rstrip) end = spaces_behind(text, end);
    if (begin > done) take({done, begin, nullptr});
    take({begin, end, token});
    done = end;
    at = end - 1;
  }
  if (done < text.size()) take({done, text.size(), nullptr});
}

}  // namespace graft::inline v0
