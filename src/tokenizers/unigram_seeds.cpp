// SPDX-License-Identifier: Apache-2.0
//
// A suffix array of all words one after the other, sorted by no more characters than a token may have. Suffixes with a
// common beginning are neighbours; a beginning that cannot be longer without losing some of them is a candidate
// (Abouelhoda, Kurtz & Ohlebusch 2004).
#include "tokenizers/unigram_seeds.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr char32_t kEnd = 0xFFFFFFFF;  // behind every word; equal to nothing, not even to itself

struct Suffix {
  uint64_t key;  // its first three characters
  uint32_t at;
  uint32_t word;
};

class SuffixArray {
 public:
  SuffixArray(const std::vector<CountedWord>& words, size_t longest) : longest_(longest) {
    for (const CountedWord& word : words) {
      for (size_t at = 0; at < word.text.size();) text_.push_back(next_code_point(word.text, at));
      text_.push_back(kEnd);
    }
    text_.resize(text_.size() + 3, kEnd);
    check<ResourceError>(text_.size() <= std::numeric_limits<uint32_t>::max(), "train: the distinct words have ",
                         text_.size(), " characters, expected less than 2^32");
    suffixes_.reserve(text_.size());
    for (uint32_t at = 0, word = 0; word < words.size(); ++at)
      text_[at] == kEnd ? void(++word) : suffixes_.push_back({key(at), at, word});
    std::sort(suffixes_.begin(), suffixes_.end(), [this](const Suffix& a, const Suffix& b) { return before(a, b); });
  }

  const std::vector<Suffix>& suffixes() const { return suffixes_; }

  // Characters that two suffixes begin with alike.
  size_t common(const Suffix& a, const Suffix& b) const {
    size_t length = 0;
    while (length < longest_ && text_[a.at + length] == text_[b.at + length] && text_[a.at + length] != kEnd) ++length;
    return length;
  }

  // The length of the word that begins here; 0 inside of words and where it is too long.
  size_t whole_word(const Suffix& suffix) const {
    if (suffix.at > 0 && text_[suffix.at - 1] != kEnd) return 0;
    size_t length = 0;
    while (length <= longest_ && text_[suffix.at + length] != kEnd) ++length;
    return length <= longest_ ? length : 0;
  }

  std::string beginning(const Suffix& suffix, size_t length) const {
    std::string text;
    for (size_t i = 0; i < length; ++i) append_utf8(text, text_[suffix.at + i]);
    return text;
  }

 private:
  uint64_t key(size_t at) const {
    uint64_t key = 0;
    bool has_ended = false;
    for (size_t i = 0; i < 3; ++i) {
      has_ended |= text_[at + i] == kEnd;
      key = key << 21 | (has_ended ? 0 : text_[at + i] + 1);
    }
    return key;
  }

  bool before(const Suffix& a, const Suffix& b) const {
    if (a.key != b.key) return a.key < b.key;
    const size_t length = common(a, b);
    const bool differs = length < longest_ && text_[a.at + length] != text_[b.at + length];
    return differs ? text_[a.at + length] < text_[b.at + length] : a.at < b.at;
  }

  size_t longest_;
  std::vector<char32_t> text_;
  std::vector<Suffix> suffixes_;
};

// What a candidate is until its text is made.
struct Stretch {
  uint32_t suffix, length;
  uint64_t count;
  uint64_t covered() const { return count * length; }
};

// Also whole words that come more than once. Walks over the neighbours with a stack of the beginnings that are open:
// each began at some suffix and ends where two neighbours share less.
std::vector<Stretch> repeated(const SuffixArray& array, const std::vector<CountedWord>& words) {
  struct Open {
    uint32_t length, suffix;
    uint64_t before;  // occurrences of all suffixes before it
  };
  const std::vector<Suffix>& suffixes = array.suffixes();
  std::vector<Stretch> stretches;
  std::vector<Open> open;
  uint64_t occurrences = 0;
  uint32_t shared = 0, shared_before = 0;  // with the next suffix and the one before
  for (uint32_t i = 0; i < suffixes.size(); ++i, shared_before = shared) {
    shared = static_cast<uint32_t>(i + 1 < suffixes.size() ? array.common(suffixes[i], suffixes[i + 1]) : 0);
    const uint64_t count = words[suffixes[i].word].count;
    const auto whole = static_cast<uint32_t>(array.whole_word(suffixes[i]));
    if (count > 1 && whole >= 2 && whole > std::max(shared, shared_before)) stretches.push_back({i, whole, count});
    Open from{shared, i, occurrences};
    occurrences += count;
    while (!open.empty() && open.back().length > shared) {
      const Open closed = open.back();
      open.pop_back();
      if (closed.length >= 2) stretches.push_back({closed.suffix, closed.length, occurrences - closed.before});
      from.suffix = closed.suffix;
      from.before = closed.before;
    }
    if (shared > 0 && (open.empty() || open.back().length < shared)) open.push_back(from);
  }
  return stretches;
}

}  // namespace

std::vector<Seed> unigram_seeds(const std::vector<CountedWord>& words, size_t longest, size_t most) {
  const SuffixArray array(words, longest);
  std::vector<Stretch> stretches = repeated(array, words);
  std::sort(stretches.begin(), stretches.end(), [](const Stretch& a, const Stretch& b) {
    if (a.covered() != b.covered()) return a.covered() > b.covered();
    return std::pair(a.suffix, a.length) < std::pair(b.suffix, b.length);
  });
  if (stretches.size() > most) stretches.resize(most);
  std::vector<Seed> seeds;
  seeds.reserve(stretches.size());
  for (const Stretch& stretch : stretches)
    seeds.push_back({array.beginning(array.suffixes()[stretch.suffix], stretch.length), stretch.count});
  return seeds;
}

}  // namespace graft::inline v0
