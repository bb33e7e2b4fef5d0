// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/bpe.hpp"

#include <algorithm>
#include <functional>

#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kShortPart = 40;  // above, a queue finds the next merge sooner than a scan

size_t character_length(std::string_view text, size_t at) {
  size_t next = at;
  next_code_point(text, next);
  return next - at;
}

}  // namespace

Bpe::Bpe(const TextTable& tokens, const std::vector<Merge>& merges, const BpeOptions& options)
    : merges_(merges),
      pieces_(tokens.size()),
      characters_(options.characters ? tokens.size() : 0),
      reachable_(tokens.size()),
      options_(options) {
  byte_tokens_.fill(-1);
  for (size_t id = tokens.size(); id-- > 0;) {
    const std::string_view bytes = tokens[id];
    if (bytes.empty() || bytes.size() > (options.characters ? 4 : 1)) continue;
    if (character_length(bytes, 0) != bytes.size()) continue;
    if (bytes.size() == 1) byte_tokens_[static_cast<unsigned char>(bytes[0])] = static_cast<int32_t>(id);
    reachable_[id].store(true, std::memory_order_relaxed);
  }
  for (size_t id = 0; options.characters && id < tokens.size(); ++id)
    if (reachable(static_cast<int32_t>(id))) characters_.insert(tokens[id], static_cast<int32_t>(id));
  index(tokens, merges);
}

// Finds out which bytes merging may join.
void Bpe::index(const TextTable& tokens, const std::vector<Merge>& merges) {
  for (const Merge& m : merges) {
    const std::string_view bytes = tokens[static_cast<size_t>(m.result)];
    for (size_t i = 1; i < bytes.size(); ++i)
      neighbours_.set(
          static_cast<size_t>(static_cast<unsigned char>(bytes[i - 1]) << 8 | static_cast<unsigned char>(bytes[i])));
  }
  for (size_t id = 0; id < tokens.size(); ++id) pieces_.insert(tokens[id], static_cast<int32_t>(id));
}

void Bpe::encode(std::string_view piece, TokenRun& run) const {
  if (piece.empty()) return;
  const uint64_t key = piece_key(piece);
  const PieceTable::Entry* known = pieces_.find(piece, key);
  if (known && (options_.ignore_merges || reachable(known->id))) return run.add(known->id, piece.data(), piece.size());
  run.add_once(piece, key, [&] { encode_parts(piece, run); });
}

// No merge ever crosses two bytes that are neighbours in no token, so the stretches between such places are
// independent.
void Bpe::encode_parts(std::string_view piece, TokenRun& run) const {
  run.piece_begin = run.ids.size();
  size_t begin = 0;
  for (size_t at = 1; at <= piece.size(); ++at) {
    if (at < piece.size() &&
        (joinable(piece[at - 1], piece[at]) || (options_.characters && is_continuation(piece[at]))))
      continue;
    encode_part(piece.substr(begin, at - begin), run);
    begin = at;
  }
}

void Bpe::encode_part(std::string_view part, TokenRun& run) const {
  const PieceTable::Entry* known = pieces_.find(part);
  if (known && reachable(known->id)) return run.add(known->id, part.data(), part.size());
  merge(part, run);
  const TokenRun::Symbol& first = run.symbols.front();
  if (known && first.next < 0 && first.id == known->id)
    reachable_[static_cast<size_t>(known->id)].store(true, std::memory_order_relaxed);
}

void Bpe::emit(TokenRun& run, int32_t id, const char* bytes, size_t length) const {
  if (id < 0) return;
  const bool fuses =
      options_.fuse_unknown && id == options_.unknown && run.ids.size() > run.piece_begin && run.ids.back() == id;
  if (!fuses) return run.add(id, bytes, length);
  if (run.with_places) run.places.back().length += static_cast<uint32_t>(length);
}

void Bpe::merge(std::string_view part, TokenRun& run) const {
  std::vector<TokenRun::Symbol>& symbols = run.symbols;
  symbols.clear();
  add_symbols(part, run);
  for (size_t i = 0; i + 1 < symbols.size(); ++i) rank_pair(run, i);
  symbols.size() <= kShortPart ? merge_short(run) : merge_long(run);
  const char* bytes = part.data();
  for (int32_t i = 0; i >= 0; i = symbols[static_cast<size_t>(i)].next) {
    const TokenRun::Symbol& symbol = symbols[static_cast<size_t>(i)];
    emit(run, symbol.id, bytes, symbol.length);
    bytes += symbol.length;
  }
}

// A symbol without a token has id -1.
void Bpe::add_symbols(std::string_view part, TokenRun& run) const {
  std::vector<TokenRun::Symbol>& symbols = run.symbols;
  const auto add = [&](int32_t id, size_t length) {
    const auto place = static_cast<int32_t>(symbols.size());
    symbols.push_back({id, static_cast<uint32_t>(length), MergeTable::kNoRank, -1, place - 1, place + 1});
  };
  for (size_t at = 0; at < part.size();) {
    const size_t length = options_.characters ? character_length(part, at) : 1;
    const PieceTable::Entry* known = length > 1 ? characters_.find(part.substr(at, length)) : nullptr;
    const int32_t id = known ? known->id : length == 1 ? byte_tokens_[static_cast<unsigned char>(part[at])] : -1;
    if (id < 0 && options_.fallback) {
      for (size_t i = at; i < at + length; ++i) add((*options_.fallback)[static_cast<unsigned char>(part[i])], 1);
    } else {
      add(id < 0 && options_.unknown ? *options_.unknown : id, length);
    }
    at += length;
  }
  symbols.back().next = -1;
}

void Bpe::rank_pair(TokenRun& run, size_t left) const {
  TokenRun::Symbol& symbol = run.symbols[left];
  symbol.rank = MergeTable::kNoRank;
  if (symbol.next < 0) return;
  const MergeTable::Entry& entry = merges_.find(symbol.id, run.symbols[static_cast<size_t>(symbol.next)].id);
  symbol.rank = entry.rank;
  symbol.result = entry.result;
}

// Makes one symbol of `left` and the next one, and ranks it with its new neighbours.
void Bpe::join(TokenRun& run, size_t left) const {
  TokenRun::Symbol& symbol = run.symbols[left];
  TokenRun::Symbol& gone = run.symbols[static_cast<size_t>(symbol.next)];
  symbol.id = symbol.result;
  symbol.length += gone.length;
  symbol.next = gone.next;
  gone.rank = MergeTable::kNoRank;
  if (symbol.next >= 0) run.symbols[static_cast<size_t>(symbol.next)].previous = static_cast<int32_t>(left);
  rank_pair(run, left);
  if (symbol.previous >= 0) rank_pair(run, static_cast<size_t>(symbol.previous));
}

void Bpe::merge_short(TokenRun& run) const {
  for (;;) {
    size_t best = 0;
    for (size_t i = 1; i < run.symbols.size(); ++i)
      if (run.symbols[i].rank < run.symbols[best].rank) best = i;
    if (run.symbols[best].rank == MergeTable::kNoRank) return;
    join(run, best);
  }
}

void Bpe::merge_long(TokenRun& run) const {
  std::vector<uint64_t>& queue = run.queue;
  queue.clear();
  const auto push = [&](size_t left) {
    const uint32_t rank = run.symbols[left].rank;
    if (rank == MergeTable::kNoRank) return;
    queue.push_back(uint64_t{rank} << 32 | left);
    std::push_heap(queue.begin(), queue.end(), std::greater<>());
  };
  for (size_t i = 0; i < run.symbols.size(); ++i) push(i);
  while (!queue.empty()) {
    const size_t left = queue.front() & 0xFFFFFFFFu;
    const uint32_t rank = static_cast<uint32_t>(queue.front() >> 32);
    std::pop_heap(queue.begin(), queue.end(), std::greater<>());
    queue.pop_back();
    if (run.symbols[left].rank != rank) continue;  // the pair has changed since
    join(run, left);
    push(left);
    if (run.symbols[left].previous >= 0) push(static_cast<size_t>(run.symbols[left].previous));
  }
}

Json Bpe::describe(const Vocabulary& vocabulary) const {
  Json merges = Json::array();
  for (const auto& [left, right] : merges_.in_order())
    merges.push_back({vocabulary.text(left), vocabulary.text(right)});
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", options_.unknown ? Json(vocabulary.text(*options_.unknown)) : Json()},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", options_.fuse_unknown},
          {"byte_fallback", options_.fallback.has_value()},
          {"ignore_merges", options_.ignore_merges},
          {"merges", std::move(merges)}};
}

}  // namespace graft::inline v0
