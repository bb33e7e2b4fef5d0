// SPDX-License-Identifier: Apache-2.0
#include "graft/text_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kBleuOrder = 4, kChrfOrder = 6;
constexpr double kChrfBeta = 2;

using Parts = std::vector<std::string>;

void check_texts(std::span<const std::string> texts, std::span<const std::string> references) {
  check(!texts.empty() && texts.size() == references.size(), "texts: ", texts.size(), " with ", references.size(),
        " references, expected as many and at least one");
}

bool is_space(std::string_view character) { return character == " " || character == "\n" || character == "\t"; }
bool is_punctuation(std::string_view character) {
  return character.size() == 1 &&
         std::string_view("!\"#$%&()*+,-./:;<=>?@[]^_`{|}~").find(character[0]) != std::string_view::npos;
}

Parts characters_of(std::string_view text) {
  Parts characters;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    next_code_point(text, at);
    const std::string_view character = text.substr(begin, at - begin);
    if (!is_space(character)) characters.emplace_back(character);
  }
  return characters;
}

Parts words_of(std::string_view text) {
  Parts words;
  bool goes_on = false;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    next_code_point(text, at);
    const std::string_view character = text.substr(begin, at - begin);
    const bool is_apart = is_punctuation(character);
    if (is_space(character)) {
      goes_on = false;
      continue;
    }
    if (goes_on && !is_apart)
      words.back() += character;
    else
      words.emplace_back(character);
    goes_on = !is_apart;
  }
  return words;
}

std::map<Parts, int> grams_of(const Parts& parts, int order) {
  std::map<Parts, int> grams;
  for (size_t i = 0; i + size_t(order) <= parts.size(); ++i)
    ++grams[Parts(parts.begin() + std::ptrdiff_t(i), parts.begin() + std::ptrdiff_t(i + size_t(order)))];
  return grams;
}

struct Matches {
  double common = 0, found = 0, wanted = 0;
  void add(const Parts& text, const Parts& reference, int order) {
    const std::map<Parts, int> expected = grams_of(reference, order);
    for (const auto& [gram, count] : grams_of(text, order)) {
      const auto match = expected.find(gram);
      if (match != expected.end()) common += std::min(count, match->second);
    }
    found += std::max<double>(0, double(text.size()) - order + 1);
    wanted += std::max<double>(0, double(reference.size()) - order + 1);
  }
};

}  // namespace

double bleu(std::span<const std::string> texts, std::span<const std::string> references, BleuTokens tokens) {
  check_texts(texts, references);
  const auto split = tokens == BleuTokens::words ? words_of : characters_of;
  Matches matches[kBleuOrder];
  double length = 0, wanted = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const Parts text = split(texts[i]), reference = split(references[i]);
    length += double(text.size());
    wanted += double(reference.size());
    for (int order = 1; order <= kBleuOrder; ++order) matches[order - 1].add(text, reference, order);
  }
  double sum = 0;
  for (const Matches& of : matches) {
    if (of.common == 0) return 0;
    sum += std::log(of.common / of.found) / kBleuOrder;
  }
  const double brevity = length < wanted ? std::exp(1 - wanted / length) : 1;
  return 100 * brevity * std::exp(sum);
}

double chrf(std::span<const std::string> texts, std::span<const std::string> references) {
  check_texts(texts, references);
  Matches matches[kChrfOrder];
  for (size_t i = 0; i < texts.size(); ++i) {
    const Parts text = characters_of(texts[i]), reference = characters_of(references[i]);
    for (int order = 1; order <= kChrfOrder; ++order) matches[order - 1].add(text, reference, order);
  }
  double precision = 0, recall = 0;
  int orders = 0;
  for (const Matches& of : matches) {
    if (of.found == 0 || of.wanted == 0) continue;
    precision += of.common / of.found;
    recall += of.common / of.wanted;
    ++orders;
  }
  if (orders == 0 || precision + recall == 0) return 0;
  precision /= orders;
  recall /= orders;
  constexpr double kSquare = kChrfBeta * kChrfBeta;
  return 100 * (1 + kSquare) * precision * recall / (kSquare * precision + recall);
}

}  // namespace graft::inline v0
