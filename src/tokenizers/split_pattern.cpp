// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "support/pattern.hpp"
#include "support/published_tokenizers.hpp"
#include "tokenizers/split.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::string_view kGpt2 = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kGpt2Grouped = R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kCl100k =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)";
// The texts between matches and the matches are both pieces; the behaviour says which are joined or left out.
class PatternSplitter final : public Splitter {
 public:
  PatternSplitter(Pattern pattern, SplitBehavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

  void split(std::string_view text, PieceSink take) const override {
    Joiner joiner{text, take, behavior_};
    size_t at = 0;
    pattern_.for_each_match(text, [&](std::string_view match) {
      const size_t from = static_cast<size_t>(match.data() - text.data());
      if (from > at) joiner.add(at, from, invert_);
      at = from + match.size();
      joiner.add(from, at, !invert_);
    });
    if (at < text.size()) joiner.add(at, text.size(), invert_);
    joiner.flush();
  }

 private:
  // Holds one piece back, since the next one may belong to it.
  struct Joiner {
    std::string_view text;
    PieceSink take;
    SplitBehavior behavior;
    size_t held_from = 0, held_to = 0;
    bool held_matches = false;

    void add(size_t from, size_t to, bool matches) {
      if (behavior == SplitBehavior::removed && matches) return;
      const bool joins = held_to > held_from && held_to == from &&
                         ((behavior == SplitBehavior::merged_with_previous && matches && !held_matches) ||
                          (behavior == SplitBehavior::merged_with_next && held_matches && !matches) ||
                          (behavior == SplitBehavior::contiguous && matches == held_matches));
      if (!joins) {
        flush();
        held_from = from;
      }
      held_to = to;
      held_matches = matches;
    }
    void flush() {
      if (held_to > held_from) take(text.substr(held_from, held_to - held_from));
      held_from = held_to;
    }
  };

  Pattern pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

}  // namespace

std::unique_ptr<Splitter> pattern_splitter(const std::string& expression, SplitBehavior behavior, bool invert,
                                           const std::string& where) {
  // These cover every text, so that matches isolated, or all but the matches removed, are the same pieces.
  if ((behavior == SplitBehavior::isolated && !invert) || (behavior == SplitBehavior::removed && invert)) {
    if (expression == kGpt2 || expression == kGpt2Grouped) return gpt2_splitter();
    if (expression == kThreeDigitsPattern || expression == kCl100k) return cl100k_splitter(3);
    if (expression == kOneDigitPattern) return cl100k_splitter(1);
  }
  return std::make_unique<PatternSplitter>(Pattern(expression, where), behavior, invert);
}

std::unique_ptr<Splitter> literal_splitter(const std::string& text, SplitBehavior behavior, bool invert,
                                           const std::string& where) {
  return std::make_unique<PatternSplitter>(Pattern::literal(text, where), behavior, invert);
}

}  // namespace graft::inline v0
