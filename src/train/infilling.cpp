// SPDX-License-Identifier: Apache-2.0
#include "train/infilling.hpp"

#include <cmath>

namespace graft::inline v0 {
namespace {

using Tokens = std::vector<int32_t>;

// Knuth's: the number of uniform numbers whose product stays above exp(-mean).
size_t poisson(double mean, RandomDraws& draw) {
  const double least = std::exp(-mean);
  size_t count = 0;
  for (double product = draw.uniform(); product > least; product *= draw.uniform()) ++count;
  return count;
}

Tokens shuffled_sentences(const Tokens& text, const std::vector<bool>& ends, RandomDraws& draw) {
  std::vector<Tokens> sentences(1);
  for (size_t i = 0; i < text.size(); ++i) {
    sentences.back().push_back(text[i]);
    if (ends[size_t(text[i])] && i + 1 < text.size()) sentences.emplace_back();
  }
  Tokens shuffled;
  for (size_t i = 0; i < sentences.size(); ++i) {
    std::swap(sentences[i], sentences[i + draw.below(sentences.size() - i)]);
    shuffled.insert(shuffled.end(), sentences[i].begin(), sentences[i].end());
  }
  return shuffled;
}

// Lengths of spans, together `total`.
std::vector<size_t> span_lengths(size_t total, double mean, RandomDraws& draw) {
  std::vector<size_t> lengths;
  for (size_t sum = 0; sum < total; sum += lengths.back())
    lengths.push_back(std::min(poisson(mean, draw), total - sum));
  return lengths;
}

// `hidden` of the tokens lie in spans, which begin anywhere.
Tokens with_masks(const Tokens& text, size_t hidden, const Corruption& corruption, RandomDraws& draw) {
  const std::vector<size_t> lengths = span_lengths(hidden, corruption.options.mean_span, draw);
  std::vector<size_t> kept_before(lengths.size());
  for (size_t& kept : kept_before) kept = draw.below(text.size() - hidden + 1);
  std::sort(kept_before.begin(), kept_before.end());
  Tokens masked;
  size_t at = 0, kept = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    for (; kept < kept_before[i]; ++kept) masked.push_back(text[at++]);
    masked.push_back(corruption.tokens.mask);
    at += lengths[i];
  }
  masked.insert(masked.end(), text.begin() + std::ptrdiff_t(at), text.end());
  return masked;
}

}  // namespace

TokenRow infill(const TokenRow& row, const Corruption& corruption, RandomDraws draw) {
  const CorruptionTokens& tokens = corruption.tokens;
  const auto is_special = [&](int32_t id) { return bool(tokens.special[size_t(id)]); };
  const auto begin = std::find_if_not(row.ids.begin(), row.ids.end(), is_special);
  const auto end = std::find_if_not(row.ids.rbegin(), std::make_reverse_iterator(begin), is_special).base();
  Tokens text(begin, end);
  if (!tokens.ends_sentence.empty()) text = shuffled_sentences(text, tokens.ends_sentence, draw);
  const size_t hidden = size_t(std::lround(double(text.size()) * corruption.options.share));
  text = with_masks(text, hidden, corruption, draw);
  TokenRow result = row;
  result.ids.assign(row.ids.begin(), begin);
  result.ids.insert(result.ids.end(), text.begin(), text.end());
  result.ids.insert(result.ids.end(), end, row.ids.end());
  result.target = row.ids;
  return result;
}

}  // namespace graft::inline v0
