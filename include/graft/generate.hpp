// SPDX-License-Identifier: Apache-2.0
//
// How text is generated, and what comes of it.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <graft/export.hpp>

namespace graft::inline v0 {

class Adapter;

enum class Overflow {
  error,  // a prompt that does not fit the context throws ArgumentError
  slide,  // the oldest tokens are dropped until it fits
};

struct GenerateOptions {
  int max_tokens = 256;      // at most; 0: until the context is full
  float temperature = 0;     // 0: always the likeliest token; the limits below then do nothing
  int top_k = 0;             // only the k likeliest; 0: all
  float top_p = 1;           // only the likeliest that hold this share of the probability
  float min_p = 0;           // only those at least this share as likely as the likeliest
  float typical_p = 1;       // only those of nearly the expected information, up to this share (Meister et al. 2023)
  float epsilon_cutoff = 0;  // only those of at least this probability (Hewitt et al. 2022)
  float eta_cutoff = 0;      // the same, less where the distribution is flat (Hewitt et al. 2022)
  uint64_t seed = 0;         // the same seed gives the same text
  float repetition_penalty = 1;  // divides the score of tokens of the prompt and the text (Keskar et al. 2019); 1: off
  float frequency_penalty = 0;   // subtracted for each time a token was generated
  float presence_penalty = 0;    // subtracted once for a token that was generated
  int no_repeat_ngram = 0;       // no run of this many tokens comes twice, prompt included; 0: off
  std::vector<std::vector<int32_t>> bad_words = {};  // runs of ids that never appear
  int min_tokens = 0;                                // the end tokens are not chosen before there are so many
  bool force_end = false;                            // the last token that max_tokens leaves is an end token
  std::vector<std::string> stop = {};                // the text ends before the first of these
  std::vector<int32_t> stop_ids = {};                // beside the model's own end tokens
  bool ignore_end = false;                           // the model's own end tokens do not end the text
  // Beam search: so many continuations are kept side by side, and the best whole text is the result. It wants a
  // temperature of 0, and neither stop strings nor alternatives; the callbacks see the result at its end.
  int beams = 1;
  float length_penalty = 1;     // scores are divided by the length to this power: above 0 for longer texts
  bool early_stopping = false;  // ends with the first `beams` whole texts, rather than when no better one is likely
  int alternatives = 0;         // report the log-probabilities of this many likeliest tokens at each place
  Overflow on_overflow = Overflow::error;
  // Special tokens written in the prompt ("<|im_start|>") are those tokens. Chat messages are always plain text.
  bool parse_special = true;
  const Adapter* adapter = nullptr;  // not owned; null: the model as it was loaded
  // Instead: one for each prompt of a batch, which is computed together all the same; null entries: none.
  std::vector<const Adapter*> adapters = {};
  std::function<void(int32_t token)> on_token = {};         // called as each token is chosen, on the calling thread
  std::function<void(std::string_view text)> on_text = {};  // called with text as it becomes certain, whole characters
  std::stop_token cancel = {};                              // asked before each token; the text so far is returned
};

enum class Finish {
  end,     // the model's end token, a stop string or a stop token
  length,  // max_tokens, or the end of the context
  cancelled,
};

struct Alternative {
  int32_t token = 0;
  float log_probability = 0;
};

// One of several texts that a beam search found.
struct Hypothesis {
  std::string text = {};
  std::vector<int32_t> tokens = {};  // without the end token
  float score = 0;                   // Σ log-probability / length ^ length_penalty, the end token counted
};

struct Generation {
  std::string text;                                    // without the prompt and the stop string
  std::vector<int32_t> tokens;                         // without the end token
  std::vector<float> log_probabilities;                // of each token, under the model's own distribution
  std::vector<std::vector<Alternative>> alternatives;  // at each token, likeliest first
  std::vector<Hypothesis> beams;                       // of a beam search: all that were found, the best first
  Finish finish = Finish::length;
  int prompt_tokens = 0;
  int cached_tokens = 0;      // of the prompt, found in the session's memory
  double prompt_seconds = 0;  // until the first token was known
  double seconds = 0;         // in all
};

}  // namespace graft::inline v0
