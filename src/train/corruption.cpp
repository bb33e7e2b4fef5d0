// SPDX-License-Identifier: Apache-2.0
#include "train/corruption.hpp"

#include <algorithm>
#include <cmath>

#include "train/infilling.hpp"

namespace graft::inline v0 {
namespace {

using Word = std::vector<size_t>;  // places of its tokens

// What may be hidden: tokens, or whole words.
std::vector<Word> words_of(const TokenRow& row, const Corruption& corruption) {
  std::vector<Word> words;
  for (size_t at = 0; at < row.ids.size(); ++at) {
    const size_t id = size_t(row.ids[at]);
    if (corruption.tokens.special[id]) continue;
    const bool goes_on = corruption.options.whole_words && corruption.tokens.continues[id] && !words.empty() &&
                         words.back().back() + 1 == at;
    if (goes_on)
      words.back().push_back(at);
    else
      words.push_back({at});
  }
  return words;
}

int32_t replacement(int32_t id, const CorruptionTokens& tokens, RandomDraws& draw) {
  const double kind = draw.uniform();
  if (kind < 0.8) return tokens.mask;
  if (kind < 0.9) return id;
  return random_token(tokens, id, draw);
}

TokenRow hide_words(const TokenRow& row, const Corruption& corruption, RandomDraws draw) {
  TokenRow result = row;
  result.token_labels.assign(row.ids.size(), -1);
  for (const size_t at : chosen_places(row, corruption, draw)) {
    result.token_labels[at] = row.ids[at];
    result.ids[at] = replacement(row.ids[at], corruption.tokens, draw);
  }
  return result;
}

// `total` as `parts` random sizes, each at least 1.
std::vector<size_t> random_parts(size_t total, size_t parts, RandomDraws& draw) {
  std::vector<size_t> cuts(total - 1);
  for (size_t i = 0; i < cuts.size(); ++i) cuts[i] = i + 1;
  for (size_t i = 0; i + 1 < parts; ++i) std::swap(cuts[i], cuts[i + draw.below(cuts.size() - i)]);
  cuts.resize(parts - 1);
  std::sort(cuts.begin(), cuts.end());
  std::vector<size_t> sizes;
  size_t before = 0;
  for (const size_t cut : cuts) {
    sizes.push_back(cut - before);
    before = cut;
  }
  sizes.push_back(total - before);
  return sizes;
}

TokenRow hide_spans(const TokenRow& row, const Corruption& corruption, RandomDraws draw) {
  const CorruptionTokens& tokens = corruption.tokens;
  TokenRow result = row;
  if (row.ids.size() < 3) return result;
  const size_t length = row.ids.size() - 1;  // the end token stays
  const size_t hidden =
      std::clamp<size_t>(size_t(std::lround(double(length) * corruption.options.share)), 1, length - 1);
  const size_t most = std::min({hidden, length - hidden, tokens.sentinels.size()});
  const size_t spans = std::clamp<size_t>(size_t(std::lround(double(hidden) / corruption.options.mean_span)), 1, most);
  const std::vector<size_t> kept = random_parts(length - hidden, spans, draw), gone = random_parts(hidden, spans, draw);
  result.ids.clear();
  result.target.clear();
  size_t at = 0;
  const auto copy = [&](std::vector<int32_t>& to, size_t count) {
    to.insert(to.end(), row.ids.begin() + std::ptrdiff_t(at), row.ids.begin() + std::ptrdiff_t(at + count));
    at += count;
  };
  for (size_t i = 0; i < spans; ++i) {
    copy(result.ids, kept[i]);
    result.ids.push_back(tokens.sentinels[i]);
    result.target.push_back(tokens.sentinels[i]);
    copy(result.target, gone[i]);
  }
  result.ids.push_back(row.ids.back());
  result.target.push_back(tokens.end);
  return result;
}

}  // namespace

std::vector<size_t> chosen_places(const TokenRow& row, const Corruption& corruption, RandomDraws& draw) {
  std::vector<Word> words = words_of(row, corruption);
  size_t tokens = 0;
  for (const Word& word : words) tokens += word.size();
  const size_t wanted = std::max<size_t>(1, size_t(std::lround(double(tokens) * corruption.options.share)));
  std::vector<size_t> places;
  for (size_t i = 0; i < words.size() && places.size() < wanted; ++i) {
    std::swap(words[i], words[i + draw.below(words.size() - i)]);
    if (places.empty() || places.size() + words[i].size() <= wanted)
      places.insert(places.end(), words[i].begin(), words[i].end());
  }
  return places;
}

int32_t random_token(const CorruptionTokens& tokens, int32_t instead, RandomDraws& draw) {
  for (int tries = 0; tries < 100; ++tries)
    if (const size_t other = draw.below(size_t(tokens.vocabulary)); !tokens.special[other]) return int32_t(other);
  return instead;
}

TokenRow corrupt(const TokenRow& row, const Corruption& corruption, const CorruptionKey& key) {
  switch (corruption.kind) {
    case Corruption::Kind::words:
      return hide_words(row, corruption, draws_of(key));
    case Corruption::Kind::spans:
      return hide_spans(row, corruption, draws_of(key));
    case Corruption::Kind::infilling:
      return infill(row, corruption, draws_of(key));
    case Corruption::Kind::none:
    case Corruption::Kind::replaced:  // replaced_tokens.hpp
      break;
  }
  return row;
}

}  // namespace graft::inline v0
