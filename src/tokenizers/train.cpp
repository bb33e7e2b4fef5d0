// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/train.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "support/message.hpp"
#include "support/utf8.hpp"
#include "tokenizers/byte_level.hpp"
#include "tokenizers/byte_tokens.hpp"
#include "tokenizers/sections.hpp"
#include "tokenizers/train_merges.hpp"
#include "tokenizers/train_presets.hpp"
#include "tokenizers/train_unigram.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kWordPiecePrefix = "##";
constexpr int kLongestWordPieceWord = 100;

Json numbered(const std::vector<std::string>& tokens) {
  Json::Object vocab;
  for (const std::string& token : tokens) vocab.emplace(token, vocab.size());
  return vocab;
}

Json bpe_section(const TrainedMerges& trained, const std::string& unknown, bool byte_fallback) {
  Json merges = Json::array();
  for (const auto& [left, right] : trained.merges)
    merges.push_back({trained.tokens[static_cast<size_t>(left)], trained.tokens[static_cast<size_t>(right)]});
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unknown.empty() ? Json() : Json(unknown)},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", !unknown.empty()},
          {"byte_fallback", byte_fallback},
          {"ignore_merges", false},
          {"vocab", numbered(trained.tokens)},
          {"merges", std::move(merges)}};
}

Json word_piece_section(const TrainedMerges& trained, const std::string& unknown) {
  return {{"type", "WordPiece"},
          {"unk_token", unknown},
          {"continuing_subword_prefix", kWordPiecePrefix},
          {"max_input_chars_per_word", kLongestWordPieceWord},
          {"vocab", numbered(trained.tokens)}};
}

// The bytes by the order of the characters that spell them, as GPT-2 numbers them.
std::vector<std::string> byte_alphabet() {
  std::vector<std::string> alphabet;
  for (int byte = 0; byte < 256; ++byte) alphabet.push_back(spelling_of_bytes(std::string(1, static_cast<char>(byte))));
  std::sort(alphabet.begin(), alphabet.end());  // UTF-8 has the order of the code points
  return alphabet;
}

std::vector<std::string> texts_of(const std::vector<CountedCharacter>& characters) {
  std::vector<std::string> texts(characters.size());
  for (size_t i = 0; i < texts.size(); ++i) append_utf8(texts[i], characters[i].point);
  return texts;
}

// To few enough digits that every reader of the file gets the same number: some are off by the last bit otherwise.
double rounded(double score) { return std::round(score * 1e6) / 1e6; }

class Trainer {
 public:
  Trainer(TrainPreset preset, const TokenizerTrainOptions& options)
      : preset_(std::move(preset)), options_(options), first_tokens_(preset_.special_tokens) {
    const bool marks_spaces =
        options.kind == TokenizerKind::unigram || options.kind == TokenizerKind::sentencepiece_bpe;
    byte_fallback_ = marks_spaces && options.byte_fallback;
    for (int byte = 0; byte_fallback_ && byte < 256; ++byte)
      first_tokens_.push_back(token_of_byte(static_cast<uint8_t>(byte)));
  }

  TrainedTokenizer train(const std::function<std::optional<std::string>()>& next) {
    const PipelineParts parts = read_sections(preset_.sections, "train");
    std::vector<CountedWord> words = count_words(parts, next, options_);
    check(!words.empty(), "train: the texts have no words, expected at least one");
    TrainedTokenizer result{preset_.sections, preset_.config};
    result.tokenizer["model"] = model(std::move(words));
    std::vector<std::string_view> special(preset_.special_tokens.begin(), preset_.special_tokens.end());
    result.tokenizer["post_processor"] = train_post_processor(options_.kind, Vocabulary::numbered(special, "train"));
    return result;
  }

 private:
  Json model(std::vector<CountedWord> words) {
    if (options_.kind == TokenizerKind::byte_level_bpe) return byte_level(std::move(words));
    const std::vector<CountedCharacter> alphabet = covering_characters(words, options_.character_coverage);
    check_room(alphabet.size());
    words = covered_words(std::move(words), alphabet);
    if (options_.kind == TokenizerKind::unigram) return unigram(words, alphabet);
    MergeTraining training{first_tokens_, texts_of(alphabet), "", 0};
    if (options_.kind == TokenizerKind::word_piece) {
      training.prefix = kWordPiecePrefix;
      return word_piece_section(train_merges(words, training, options_), preset_.unknown);
    }
    training.longest_token = static_cast<size_t>(options_.max_token_length);
    return bpe_section(train_merges(words, training, options_), preset_.unknown, byte_fallback_);
  }

  Json byte_level(std::vector<CountedWord> words) {
    for (CountedWord& word : words) word.text = spelling_of_bytes(word.text);
    const MergeTraining training{first_tokens_, byte_alphabet(), "", 0};
    check_room(training.alphabet.size());
    return bpe_section(train_merges(words, training, options_), "", false);
  }

  Json unigram(const std::vector<CountedWord>& words, const std::vector<CountedCharacter>& alphabet) {
    const auto wanted = static_cast<size_t>(options_.vocabulary) - first_tokens_.size();
    std::vector<std::pair<std::string, double>> tokens = train_unigram(words, alphabet, wanted, options_);
    const std::unordered_set<std::string> taken(first_tokens_.begin(), first_tokens_.end());
    std::erase_if(tokens, [&](const auto& token) { return taken.count(token.first) > 0; });
    // The token of a byte is no way to write what its name spells: any other is more probable.
    const double least = tokens.back().second * static_cast<double>(token_of_byte(0).size() + 1);
    Json vocab = Json::array();
    for (const std::string& token : first_tokens_)
      vocab.push_back({token, vocab.size() < preset_.special_tokens.size() ? 0 : rounded(least)});
    for (const auto& [text, score] : tokens) vocab.push_back({text, rounded(score)});
    const auto& special = preset_.special_tokens;
    return {{"type", "Unigram"},
            {"unk_id", std::find(special.begin(), special.end(), preset_.unknown) - special.begin()},
            {"vocab", std::move(vocab)},
            {"byte_fallback", byte_fallback_}};
  }

  void check_room(size_t characters) const {
    const size_t needed = first_tokens_.size() + characters;
    check(needed <= static_cast<size_t>(options_.vocabulary), "train: vocabulary is ", options_.vocabulary,
          ", expected at least ", needed, ": ", first_tokens_.size(),
          " tokens that stand for no text or for bytes and ", characters, " characters");
  }

  TrainPreset preset_;
  const TokenizerTrainOptions& options_;
  std::vector<std::string> first_tokens_;
  bool byte_fallback_ = false;
};

}  // namespace

TrainedTokenizer train_tokenizer(const std::function<std::optional<std::string>()>& next,
                                 const TokenizerTrainOptions& options) {
  return Trainer(train_preset(options), options).train(next);
}

}  // namespace graft::inline v0
