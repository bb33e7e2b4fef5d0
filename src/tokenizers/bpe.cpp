// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/bpe.hpp"

#include <algorithm>
#include <functional>

namespace graft::inline v0 {
namespace {

constexpr size_t kShortPart = 40;  // above, a queue finds the next merge sooner than a scan
constexpr size_t kMemories = 1 << 14;

void add_token(BpeRun& run, int32_t id, const char* bytes, size_t length) {
  run.ids.push_back(id);
  if (run.with_places) run.places.push_back({bytes, static_cast<uint32_t>(length)});
}

}  // namespace

BpeRun::BpeRun(size_t text_bytes, bool places) : with_places(places) {
  ids.reserve(text_bytes / 4 + 8);
  constexpr size_t kBytesAMemory = 64;
  if (places || text_bytes < 16 * kBytesAMemory) return;
  size_t memories = 16;
  while (memories < kMemories && memories * kBytesAMemory < text_bytes) memories *= 2;
  memory.resize(memories);
}

Bpe::Bpe(const TextTable& tokens, const std::vector<Merge>& merges, const BpeOptions& options)
    : merges_(merges), reachable_(tokens.size()), options_(options) {
  byte_tokens_.fill(-1);
  for (size_t id = tokens.size(); id-- > 0;)
    if (tokens[id].size() == 1) {
      byte_tokens_[static_cast<unsigned char>(tokens[id][0])] = static_cast<int32_t>(id);
      reachable_[id] = 1;
    }
  for (const Merge& m : merges) {
    const std::string_view bytes = tokens[static_cast<size_t>(m.result)];
    for (size_t i = 1; i < bytes.size(); ++i)
      neighbours_.set(
          static_cast<size_t>(static_cast<unsigned char>(bytes[i - 1]) << 8 | static_cast<unsigned char>(bytes[i])));
  }
  BpeRun run;
  for (const Merge& m : merges) {
    run.ids.clear();
    encode_parts(tokens[static_cast<size_t>(m.result)], run);
    if (run.ids.size() == 1 && run.ids[0] == m.result) reachable_[static_cast<size_t>(m.result)] = 1;
  }
  PieceTable pieces(tokens.size());
  for (size_t id = 0; id < tokens.size(); ++id)
    if (options.ignore_merges || reachable_[id]) pieces.insert(tokens[id], static_cast<int32_t>(id));
  pieces_ = std::move(pieces);
}

void Bpe::encode(std::string_view piece, bool lasting, BpeRun& run) const {
  if (piece.empty()) return;
  const uint64_t key = piece_key(piece);
  if (const PieceTable::Entry* known = pieces_.find(piece, key))
    return add_token(run, known->id, piece.data(), piece.size());
  if (!lasting || run.memory.empty()) return encode_parts(piece, run);
  BpeRun::Memory& memory = run.memory[spread(key, piece.size()) >> 32 & (run.memory.size() - 1)];
  if (memory.length == piece.size() && std::memcmp(memory.piece, piece.data(), piece.size()) == 0) {
    const size_t end = run.ids.size();
    run.ids.resize(end + memory.count);
    std::copy_n(run.ids.begin() + static_cast<ptrdiff_t>(memory.first), memory.count,
                run.ids.begin() + static_cast<ptrdiff_t>(end));
    return;
  }
  const size_t first = run.ids.size();
  encode_parts(piece, run);
  memory = {piece.data(), static_cast<uint32_t>(piece.size()), static_cast<uint32_t>(run.ids.size() - first), first};
}

// No merge ever crosses two bytes that are neighbours in no token, so the stretches between such places are
// independent.
void Bpe::encode_parts(std::string_view piece, BpeRun& run) const {
  run.piece_begin = run.ids.size();
  size_t begin = 0;
  for (size_t at = 1; at <= piece.size(); ++at) {
    if (at < piece.size() && joinable(piece[at - 1], piece[at])) continue;
    encode_part(piece.substr(begin, at - begin), run);
    begin = at;
  }
}

void Bpe::encode_part(std::string_view part, BpeRun& run) const {
  if (part.size() == 1) return encode_byte(part, run);
  const PieceTable::Entry* known = pieces_.find(part);
  if (known && reachable_[static_cast<size_t>(known->id)]) return add_token(run, known->id, part.data(), part.size());
  merge(part, run);
}

void Bpe::encode_byte(std::string_view byte, BpeRun& run) const {
  const int32_t id = byte_tokens_[static_cast<unsigned char>(byte[0])];
  if (id >= 0) return add_token(run, id, byte.data(), 1);
  if (!options_.unknown) return;
  const bool fuses = options_.fuse_unknown && run.ids.size() > run.piece_begin && run.ids.back() == *options_.unknown;
  if (!fuses) return add_token(run, *options_.unknown, byte.data(), 1);
  if (run.with_places) ++run.places.back().length;
}

void Bpe::merge(std::string_view part, BpeRun& run) const {
  std::vector<BpeRun::Symbol>& symbols = run.symbols;
  symbols.resize(part.size());
  for (size_t i = 0; i < part.size(); ++i)
    symbols[i] = {
        byte_tokens_[static_cast<unsigned char>(part[i])],     1, MergeTable::kNoRank, -1, static_cast<int32_t>(i) - 1,
        i + 1 < part.size() ? static_cast<int32_t>(i) + 1 : -1};
  for (size_t i = 0; i + 1 < part.size(); ++i) rank_pair(run, i);
  part.size() <= kShortPart ? merge_short(run) : merge_long(run);
  const char* bytes = part.data();
  for (int32_t i = 0; i >= 0; i = symbols[static_cast<size_t>(i)].next) {
    const BpeRun::Symbol& symbol = symbols[static_cast<size_t>(i)];
    add_token(run, symbol.id, bytes, symbol.length);
    bytes += symbol.length;
  }
}

void Bpe::rank_pair(BpeRun& run, size_t left) const {
  BpeRun::Symbol& symbol = run.symbols[left];
  symbol.rank = MergeTable::kNoRank;
  if (symbol.next < 0) return;
  const MergeTable::Entry& entry = merges_.find(symbol.id, run.symbols[static_cast<size_t>(symbol.next)].id);
  symbol.rank = entry.rank;
  symbol.result = entry.result;
}

// Makes one symbol of `left` and the next one, and ranks it with its new neighbours.
void Bpe::join(BpeRun& run, size_t left) const {
  BpeRun::Symbol& symbol = run.symbols[left];
  BpeRun::Symbol& gone = run.symbols[static_cast<size_t>(symbol.next)];
  symbol.id = symbol.result;
  symbol.length += gone.length;
  symbol.next = gone.next;
  gone.rank = MergeTable::kNoRank;
  if (symbol.next >= 0) run.symbols[static_cast<size_t>(symbol.next)].previous = static_cast<int32_t>(left);
  rank_pair(run, left);
  if (symbol.previous >= 0) rank_pair(run, static_cast<size_t>(symbol.previous));
}

void Bpe::merge_short(BpeRun& run) const {
  for (;;) {
    size_t best = 0;
    for (size_t i = 1; i < run.symbols.size(); ++i)
      if (run.symbols[i].rank < run.symbols[best].rank) best = i;
    if (run.symbols[best].rank == MergeTable::kNoRank) return;
    join(run, best);
  }
}

void Bpe::merge_long(BpeRun& run) const {
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

}  // namespace graft::inline v0
