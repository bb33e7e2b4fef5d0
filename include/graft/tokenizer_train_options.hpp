// SPDX-License-Identifier: Apache-2.0
//
// How a tokenizer is trained.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace graft::inline v0 {

enum class TokenizerKind : uint8_t {
  byte_level_bpe,     // GPT-2: pairs of bytes are joined; every text has tokens. <|endoftext|>
  word_piece,         // BERT: pairs of characters within words. [PAD] [UNK] [CLS] [SEP] [MASK], [CLS] A [SEP] B [SEP]
  unigram,            // T5: the most probable cut of a text. <pad> </s> <unk>, A </s>
  sentencepiece_bpe,  // Llama 2: pairs of characters, spaces included. <unk> <s> </s>, <s> A
};

// What becomes of a text before it is cut into words.
enum class TextNormalization : uint8_t {
  automatic,  // bert_uncased for word_piece, nfkc for unigram and sentencepiece_bpe, none for byte_level_bpe
  none,
  nfkc,          // compatible forms become one; for unigram and sentencepiece_bpe all white space becomes single spaces
  bert_uncased,  // small letters without accents, Chinese characters apart, no control characters
  bert_cased,    // the same, but for letters and accents
};

struct TokenizerTrainStep {
  enum class Stage : uint8_t { counting, joining, pruning } stage = Stage::counting;
  int64_t done = 0;   // texts counted, tokens made so far, or candidates that are left
  int64_t total = 0;  // the tokens that are wanted; 0 while counting
};

struct TokenizerTrainOptions {
  TokenizerKind kind = TokenizerKind::byte_level_bpe;
  int vocabulary = 30000;  // tokens, special ones included; fewer where the texts have no more to give
  TextNormalization normalization = TextNormalization::automatic;
  // Further special tokens, for which the ids behind the kind's own are taken. They are cut out of the texts.
  std::vector<std::string> special_tokens = {};
  int min_count = 2;  // pairs that are met less often are not joined; not used by unigram
  // The share of all characters that have tokens; the rarest others become bytes or the unknown token. Not used by
  // byte_level_bpe.
  double character_coverage = 0.9995;
  bool byte_fallback = true;  // unigram and sentencepiece_bpe: 256 tokens for the bytes of other characters
  int max_token_length = 16;  // characters; 0: any. Not used by byte_level_bpe and word_piece
  int threads = 1;            // the result is the same for any number

  std::function<void(const TokenizerTrainStep&)> on_step = {};
  std::stop_token cancel = {};  // asked often; the tokenizer is then made of what is learned so far
};

}  // namespace graft::inline v0
