// SPDX-License-Identifier: Apache-2.0
#include "api/encode_rows.hpp"
#include "data/words.hpp"
#include "graft/augment.hpp"
#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kLikeliest = 8;          // words for a gap
enum : uint64_t { kHidden, kChosen };  // streams of random numbers

// A token as a word of its own; empty: it is no word.
std::string as_word(const Tokenizer& tokenizer, const FilledMask& filled) {
  if (filled.token.starts_with("##") || tokenizer.is_special(filled.id)) return {};
  std::string text = tokenizer.decode({&filled.id, 1});
  text.erase(0, text.find_first_not_of(' '));
  const std::vector<std::string_view> words = words_of(text);
  return words.size() == 1 && words[0].size() == text.size() ? text : std::string();
}

// One of the words that may fill a gap, other than what stood there.
std::string word_for(const Tokenizer& tokenizer, const std::vector<FilledMask>& filled, std::string_view hidden,
                     uint64_t random) {
  std::vector<std::string> words;
  for (const FilledMask& one : filled)
    if (std::string word = as_word(tokenizer, one); !word.empty() && word != hidden) words.push_back(std::move(word));
  return words.empty() ? std::string(hidden) : words[size_t(random % words.size())];
}

}  // namespace

TextChange back_mask(const Model& model, float share) {
  check(share > 0 && share < 1, "back_mask: share is ", share, ", expected between 0 and 1");
  const std::optional<int32_t> mask = mask_token(model.tokenizer());
  check<UnsupportedError>(mask.has_value(), "back_mask: the tokenizer has no mask token, expected [MASK] or <mask>");
  return [model, share, mask = model.tokenizer().token(*mask)](std::string_view text, uint64_t number) {
    std::vector<std::string_view> hidden;
    uint64_t place = 0;
    for (const std::string_view word : words_of(text))
      if (random_uniform(number, kHidden, place++) < double(share)) hidden.push_back(word);
    if (hidden.empty()) return std::string(text);
    const std::vector<std::string> masks(hidden.size(), mask);
    const auto filled = model.fill_mask(with_words(text, hidden, masks), kLikeliest);
    if (filled.size() != hidden.size()) return std::string(text);  // a mask token stood in the text already
    std::vector<std::string> words;
    for (size_t i = 0; i < hidden.size(); ++i)
      words.push_back(word_for(model.tokenizer(), filled[i], hidden[i], random_number(number, kChosen, i)));
    return with_words(text, hidden, words);
  };
}

}  // namespace graft::inline v0
