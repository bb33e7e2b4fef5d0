// SPDX-License-Identifier: Apache-2.0
#include "nn/transformer.hpp"

#include <algorithm>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

std::optional<Stack> make_encoder(Parameters& parameters, const TransformerConfig& config) {
  if (!config.encoder) return std::nullopt;
  return std::optional<Stack>(std::in_place, parameters, "encoder.", *config.encoder, config.context, nullptr);
}

}  // namespace

Transformer::Transformer(Parameters& parameters, TransformerConfig config)
    : config_(std::move(config)),
      encoder_(make_encoder(parameters, config_)),
      stack_(parameters, "", config_.stack, config_.context, encoder_ ? encoder_->tokens() : nullptr) {
  const int width = config_.stack.output_width > 0 ? config_.stack.output_width : config_.stack.width;
  for (const HeadConfig& head : config_.heads) heads_.emplace_back(parameters, head, width, stack_.tokens());
}

const ScoreHead& Transformer::head() const {
  check<UnsupportedError>(!heads_.empty(), "the model has no head: it gives embeddings only");
  return heads_[0];
}

bool Transformer::is_of_head(const Weight* weight) const {
  return std::any_of(heads_.begin(), heads_.end(),
                     [&](const ScoreHead& head) { return head.output().weight == weight; });
}

Encoded Transformer::encode(Run& run, bool recomputes) const {
  Encoded encoded;
  encoded.batch = std::make_shared<const Batch>(run.batch);
  encoded.edits.assign(run.edits.begin(), run.edits.end());
  encoded.hidden = (*encoder_)(run, {.kind = AttentionKind::encoder}, recomputes);
  return encoded;
}

Tensor Transformer::operator()(Run& run, const PassOptions& options) const {
  check(!encoder_ || options.encoded, "the decoder has nothing to attend to: encode first");
  return stack_(run, {.encoded = options.encoded, .routings = options.routings}, options.recomputes);
}

}  // namespace graft::inline v0
