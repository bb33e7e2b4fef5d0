// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/wordpiece.hpp"

#include <utility>

#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

size_t characters(std::string_view text) {
  size_t count = 0;
  for (const char byte : text) count += !is_continuation(byte);
  return count;
}

}  // namespace

WordPiece::WordPiece(const TextTable& tokens, WordPieceOptions options)
    : words_(tokens.size()),
      beginnings_(PrefixTrie::of(tokens, tokens.size())),
      continuations_(PrefixTrie::of(tokens, tokens.size(), options.prefix)),
      options_(std::move(options)) {
  for (size_t id = 0; id < tokens.size(); ++id) words_.insert(tokens[id], static_cast<int32_t>(id));
}

void WordPiece::encode(std::string_view piece, TokenRun& run) const {
  if (piece.empty()) return;
  const bool is_short = piece.size() <= options_.longest_word || characters(piece) <= options_.longest_word;
  if (!is_short) return run.add(options_.unknown, piece.data(), piece.size());
  const uint64_t key = piece_key(piece);
  if (const PieceTable::Entry* known = words_.find(piece, key)) return run.add(known->id, piece.data(), piece.size());
  run.add_once(piece, key, [&] { cut(piece, run); });
}

void WordPiece::cut(std::string_view word, TokenRun& run) const {
  const size_t first = run.ids.size();
  for (size_t at = 0; at < word.size();) {
    const PrefixTrie::Match match = (at == 0 ? beginnings_ : continuations_).longest(word.substr(at));
    if (match.length == 0) {
      run.ids.resize(first);
      if (run.with_places) run.places.resize(first);
      return run.add(options_.unknown, word.data(), word.size());
    }
    run.add(match.value, word.data() + at, match.length);
    at += match.length;
  }
}

Json WordPiece::describe(const Vocabulary& vocabulary) const {
  return {{"type", "WordPiece"},
          {"unk_token", vocabulary.text(options_.unknown)},
          {"continuing_subword_prefix", options_.prefix},
          {"max_input_chars_per_word", options_.longest_word}};
}

}  // namespace graft::inline v0
