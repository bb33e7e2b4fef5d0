// SPDX-License-Identifier: Apache-2.0
#include "generate/beam_pass.hpp"

#include <algorithm>

#include "support/clock.hpp"

namespace graft::inline v0 {

BeamPass::BeamPass(const NetworkContext& context, std::vector<int32_t> prompt, std::optional<Encoded> source,
                   std::stop_token cancel, std::optional<Dtype> cache)
    : context_(context), prompt_(std::move(prompt)), source_(std::move(source)), cancel_(std::move(cancel)) {
  caches_.push_back(make_cache(context, cache));
}

Tensor BeamPass::operator()(std::span<const BeamStep> steps) {
  if (steps.empty())
    return prompt_pass(context_, {&caches_[0], prompt_, context_.edits}, source_ ? &*source_ : nullptr, cancel_);
  branch(steps);
  std::vector<CachedTokens> rows;
  for (size_t i = 0; i < steps.size(); ++i) rows.push_back({&caches_[i], {&steps[i].token, 1}, context_.edits});
  return cached_pass(context_, rows, true, sources(steps.size()));
}

void BeamPass::branch(std::span<const BeamStep> steps) {
  std::vector<KeyValueCache> next;
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto is_sibling = [&](const BeamStep& other) { return other.parent == steps[i].parent; };
    const bool is_last = std::none_of(steps.begin() + std::ptrdiff_t(i) + 1, steps.end(), is_sibling);
    KeyValueCache& parent = caches_[size_t(steps[i].parent)];
    next.push_back(is_last ? std::move(parent) : parent.branch());
  }
  caches_ = std::move(next);
}

Encoded* BeamPass::sources(size_t beams) {
  if (!source_) return nullptr;
  if (!repeated_ || size_t(repeated_->batch->sequences()) != beams) {
    const std::vector<int> copies(beams, 0);
    repeated_ = select_sources(context_, *source_, copies);
  }
  return &*repeated_;
}

namespace {

// Without the end token, which is `is_ended`.
struct Text {
  Hypothesis hypothesis;
  bool is_ended;
};

Text text_of(const Beam& beam, const Decoder& decoder, const std::vector<int32_t>& end_ids) {
  Text text{{.tokens = beam.tokens, .score = float(beam.score)}, false};
  std::vector<int32_t>& tokens = text.hypothesis.tokens;
  text.is_ended = !tokens.empty() && std::find(end_ids.begin(), end_ids.end(), tokens.back()) != end_ids.end();
  if (text.is_ended) tokens.pop_back();
  text.hypothesis.text = decoder.decode(tokens, true);
  return text;
}

void tell(const Generation& result, const GenerateOptions& options) {
  if (options.on_token)
    for (const int32_t token : result.tokens) options.on_token(token);
  if (options.on_text && !result.text.empty()) options.on_text(result.text);
}

}  // namespace

Generation generate_beams(const NetworkContext& context, const Decoder& decoder, std::vector<int32_t> end_ids,
                          const GenerateOptions& options, std::vector<int32_t> prompt, std::optional<Encoded> source) {
  const double started = now();
  end_ids = ending_tokens(std::move(end_ids), options);
  const int room = context.trunk.transformer.config().context - int(prompt.size()) - virtual_tokens(context.edits);
  const int most = options.max_tokens > 0 ? std::min(options.max_tokens, room) : room;
  Generation result;
  result.prompt_tokens = int(prompt.size());
  const auto adjust = [&](std::span<const int32_t> tokens, std::span<float> log_probabilities) {
    Sampler sampler(options, 0, end_ids);
    for (const int32_t token : prompt) sampler.saw(token, false);
    for (const int32_t token : tokens) sampler.saw(token, true);
    sampler.adjust(log_probabilities);
  };
  BeamPass pass(context, prompt, std::move(source), options.cancel);
  const auto next_logits = [&](std::span<const BeamStep> steps) {
    Tensor logits = pass(steps);
    if (steps.empty()) result.prompt_seconds = now() - started;
    return logits;
  };
  const std::vector<Beam> beams = beam_search({.beams = options.beams,
                                               .max_tokens = most,
                                               .length_penalty = options.length_penalty,
                                               .early_stopping = options.early_stopping,
                                               .end_tokens = end_ids,
                                               .cancel = options.cancel},
                                              next_logits, adjust);
  for (const Beam& beam : beams) {
    Text text = text_of(beam, decoder, end_ids);
    if (result.beams.empty()) {
      result.text = text.hypothesis.text;
      result.tokens = text.hypothesis.tokens;
      result.log_probabilities.assign(beam.log_probabilities.begin(),
                                      beam.log_probabilities.begin() + std::ptrdiff_t(result.tokens.size()));
      result.finish = options.cancel.stop_requested() ? Finish::cancelled
                      : text.is_ended                 ? Finish::end
                                                      : Finish::length;
    }
    result.beams.push_back(std::move(text.hypothesis));
  }
  tell(result, options);
  result.seconds = now() - started;
  return result;
}

}  // namespace graft::inline v0
