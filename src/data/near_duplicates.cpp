// SPDX-License-Identifier: Apache-2.0
#include "data/near_duplicates.hpp"

#include <algorithm>
#include <limits>

#include "support/random.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kGram = 5;             // characters
constexpr size_t kMostCandidates = 64;  // of a bucket: text that everybody repeats would be compared with everything

// A hash that spreads every bit over the whole number (the finaliser of SplitMix64, Steele et al. 2014).
uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

float overlap(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  size_t common = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    common += a[i] == b[j];
    const bool moves_a = a[i] <= b[j], moves_b = b[j] <= a[i];
    i += moves_a;
    j += moves_b;
  }
  return float(common) / float(std::max<size_t>(1, a.size() + b.size() - common));
}

// Makes the bands of the grams.
void sign(NearDuplicates::Print& print) {
  constexpr int kRows = NearDuplicates::kRows;
  static const auto keys = [] {
    std::array<uint64_t, NearDuplicates::kBands * kRows> made;
    for (size_t i = 0; i < made.size(); ++i) made[i] = random_number(0, 0, i);
    return made;
  }();
  for (size_t i = 0; i < keys.size(); ++i) {
    uint64_t least = std::numeric_limits<uint64_t>::max();
    for (const uint64_t gram : print.grams) least = std::min(least, mixed(gram ^ keys[i]));
    uint64_t& band = print.bands[i / kRows];
    band = mixed(band ^ least);
  }
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (is_space && (out.empty() || out.back() == ' ')) continue;
    out += is_space ? ' ' : c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

NearDuplicates::Print NearDuplicates::print_of(std::string_view folded_text) {
  std::vector<char32_t> points;
  for (size_t at = 0; at < folded_text.size();) points.push_back(next_code_point(folded_text, at));
  std::vector<uint64_t> grams;
  for (size_t first = 0; first == 0 || first + kGram <= points.size(); ++first) {
    uint64_t hash = 0;
    for (size_t i = first; i < std::min(points.size(), first + kGram); ++i) hash = mixed(hash ^ points[i]);
    grams.push_back(hash);
  }
  std::sort(grams.begin(), grams.end());
  grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
  Print print{.grams = std::move(grams)};
  sign(print);
  return print;
}

std::optional<NearDuplicates::Match> NearDuplicates::find(const Print& print) const {
  std::vector<uint32_t> candidates;
  for (size_t band = 0; band < print.bands.size(); ++band)
    if (const auto found = buckets_[band].find(print.bands[band]); found != buckets_[band].end())
      candidates.insert(candidates.end(), found->second.begin(), found->second.end());
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  for (const uint32_t candidate : candidates)
    if (const float similarity = overlap(print.grams, texts_[candidate].grams); similarity >= similarity_)
      return Match{texts_[candidate].number, similarity};
  return std::nullopt;
}

void NearDuplicates::add(Print print, size_t number) {
  const auto index = uint32_t(texts_.size());
  for (size_t band = 0; band < print.bands.size(); ++band) {
    std::vector<uint32_t>& bucket = buckets_[band][print.bands[band]];
    if (bucket.size() < kMostCandidates) bucket.push_back(index);
  }
  texts_.push_back({number, std::move(print.grams)});
}

}  // namespace graft::inline v0
