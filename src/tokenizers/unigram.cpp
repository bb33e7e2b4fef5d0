// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/unigram.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "support/utf8.hpp"
#include "tokenizers/piece_table.hpp"

namespace graft::inline v0 {
namespace {

constexpr double kUnknownPenalty = 10;  // below the worst token
constexpr int32_t kUnknown = -1;
constexpr uint32_t kUnreached = std::numeric_limits<uint32_t>::max();

}  // namespace

Unigram::Unigram(const TextTable& tokens, UnigramOptions options)
    : trie_(PrefixTrie::of(tokens, options.scores.size())), options_(std::move(options)) {
  const double lowest = options_.scores.empty() ? 0 : *std::min_element(options_.scores.begin(), options_.scores.end());
  unknown_score_ = lowest - kUnknownPenalty;
  if (options_.sums_in_float) unknown_score_ = static_cast<float>(unknown_score_);
}

// The best way to each place of the piece that a character ends at.
void Unigram::find_ways(std::string_view piece, TokenRun& run) const {
  run.arrivals.assign(piece.size() + 1, {0, kUnknown, kUnreached});
  const auto arrive = [&](size_t from, size_t to, int32_t id, double score) {
    if (options_.sums_in_float) score = static_cast<float>(score);
    TokenRun::Arrival& best = run.arrivals[to];
    if (best.from == kUnreached || score > best.score) best = {score, id, static_cast<uint32_t>(from)};
  };
  for (size_t at = 0; at < piece.size();) {
    const double here = run.arrivals[at].score;
    size_t next = at;
    next_code_point(piece, next);
    bool has_single = false;
    trie_.prefixes(piece.substr(at), [&](size_t length, int32_t id) {
      arrive(at, at + length, id, here + options_.scores[static_cast<size_t>(id)]);
      has_single |= at + length == next;
    });
    if (!has_single) arrive(at, next, kUnknown, here + unknown_score_);
    at = next;
  }
}

void Unigram::encode(std::string_view piece, TokenRun& run) const {
  if (!piece.empty()) run.add_once(piece, piece_key(piece), [&] { cut(piece, run); });
}

void Unigram::cut(std::string_view piece, TokenRun& run) const {
  find_ways(piece, run);
  run.ends.clear();
  for (size_t at = piece.size(); at > 0; at = run.arrivals[at].from) run.ends.push_back(static_cast<uint32_t>(at));
  for (size_t i = run.ends.size(); i-- > 0;) {
    const TokenRun::Arrival& arrival = run.arrivals[run.ends[i]];
    if (arrival.id != kUnknown) {
      run.add(arrival.id, piece.data() + arrival.from, run.ends[i] - arrival.from);
      continue;
    }
    // Unknown characters side by side are one token.
    while (i > 0 && run.arrivals[run.ends[i - 1]].id == kUnknown) --i;
    add_unknown(piece.substr(arrival.from, run.ends[i] - arrival.from), run);
  }
}

void Unigram::add_unknown(std::string_view text, TokenRun& run) const {
  if (options_.fallback) {
    for (const char& byte : text)
      run.add((*options_.fallback)[static_cast<unsigned char>(byte)], text.data(), text.size());
  } else if (options_.unknown) {
    run.add(*options_.unknown, text.data(), text.size());
  }
}

Json Unigram::describe(const Vocabulary& vocabulary) const {
  Json vocab = Json::array();
  for (size_t id = 0; id < options_.scores.size(); ++id)
    vocab.push_back({vocabulary.text(static_cast<int32_t>(id)), options_.scores[id]});
  return {{"type", "Unigram"},
          {"unk_id", options_.unknown ? Json(*options_.unknown) : Json()},
          {"vocab", std::move(vocab)},
          {"byte_fallback", options_.fallback.has_value()}};
}

}  // namespace graft::inline v0
