// SPDX-License-Identifier: Apache-2.0
//
// Tokens after tokens: prompts are computed in chunks, then all sequences go on in one batch, a row each.
#pragma once

#include "generate/sampler.hpp"
#include "generate/stop_text.hpp"
#include "models/network_pass.hpp"
#include "tensor/kv_cache.hpp"
#include "tokenizers/decode.hpp"

namespace graft::inline v0 {

// The cache for one sequence.
KeyValueCache make_cache(const NetworkContext& context, std::optional<Dtype> dtype = {});

// The given sequences of an encoder, in that order; one may come several times.
Encoded select_sources(const NetworkContext& context, const Encoded& sources, std::span<const int> sequences);

// The tokens that end a text: the model's, unless the options ignore them, and those of the options.
std::vector<int32_t> ending_tokens(std::vector<int32_t> of_model, const GenerateOptions& options);

// New tokens of a sequence, whose cache takes them in.
struct CachedTokens {
  KeyValueCache* cache;
  std::span<const int32_t> tokens;
  const Edits* edits;  // null: none
};
// The logits that follow the last token of each sequence; none unless they are wanted. `encoded`: the sources that a
// decoder behind an encoder attends to, one a sequence.
Tensor cached_pass(const NetworkContext& context, std::span<const CachedTokens> sequences, bool wants_logits = true,
                   Encoded* encoded = nullptr);

// The same for a prompt, in chunks; what the cache holds of it already is skipped. Nothing where it was cancelled.
Tensor prompt_pass(const NetworkContext& context, const CachedTokens& prompt, Encoded* encoded,
                   const std::stop_token& cancel);

struct GenerateRequest {
  std::vector<int32_t> prompt;     // whole; what the cache holds of it already is skipped
  KeyValueCache* cache = nullptr;  // of a beginning of the prompt, shorter than it
  const Edits* edits = nullptr;    // what an adapter does to this sequence
};

class Generator {
 public:
  // Ids in `end_ids` end a sequence. The arguments must outlive the object.
  Generator(const NetworkContext& context, const Decoder& decoder, std::vector<int32_t> end_ids,
            const GenerateOptions& options);

  // The sources that a decoder behind an encoder attends to, one a request.
  void attend_to(Encoded sources) { sources_ = std::move(sources); }

  // One result a request. The caches then hold the prompts and what was generated, but for the last token.
  std::vector<Generation> run(std::span<const GenerateRequest> requests);

 private:
  struct Sequence;
  void prefill(Sequence& sequence, int number);
  // The sources of the given requests; null where there are none.
  Encoded* sources_of(const std::vector<int>& requests);
  // The next tokens, by a row of logits for each sequence.
  void take_rows(std::span<Sequence* const> sequences, const Tensor& logits);
  void take(Sequence& sequence, Sampler::Choice choice);
  void finish(Sequence& sequence, Finish reason);
  void emit(Sequence& sequence, const std::string& text) const;
  bool ends(int32_t token) const;

  const NetworkContext& context_;
  const Decoder& decoder_;
  std::vector<int32_t> end_ids_;
  const GenerateOptions& options_;
  std::optional<Encoded> sources_, chosen_;
  std::vector<int> chosen_requests_;
};

}  // namespace graft::inline v0
