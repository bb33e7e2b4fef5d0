// SPDX-License-Identifier: Apache-2.0
#include "adapters/prefix.hpp"

#include <algorithm>

#include "models/network_pass.hpp"
#include "support/message.hpp"
#include "tensor/kv_cache.hpp"

namespace graft::inline v0 {
namespace {

void refuse_unfit(const Trunk& trunk) {
  const StackConfig& stack = trunk.transformer.stack();
  const auto refuse = [&](bool is_unfit, const char* reason) {
    check<UnsupportedError>(!is_unfit, "unsupported: prefix tuning of a ", trunk.architecture.name, ", ", reason);
  };
  refuse(trunk.transformer.config().encoder.has_value(), "an encoder-decoder: use prompt tuning");
  refuse(stack.shared_layers, "whose layers are one");
  refuse(stack.attention.bias == BiasKind::disentangled, "whose scores depend on the keys' own tokens");
}

// What a cache holds after the tokens, a row a token, layer by layer.
Tensor keys_and_values(const Trunk& trunk, std::span<const int32_t> tokens) {
  const StackConfig& stack = trunk.transformer.stack();
  const int layers = int(stack.layers.size()), width = stack.attention.kv_heads * stack.attention.head_width;
  const Lane lane(trunk.backend);
  const std::shared_ptr<Memory> memory = Memory::create(*trunk.backend);
  KeyValueCache cache(memory, layers, width, Dtype::f32);
  KeyValueCache* const caches[] = {&cache};
  Batch batch;
  batch.add(tokens);
  NetworkPass pass({trunk, lane, memory, Precision::f32}, std::move(batch));
  pass.run().caches = caches;
  pass.hidden();
  const Tensor rows(*memory, int(tokens.size()), layers * 2 * width);
  memory->wait();
  for (int layer = 0; layer < layers; ++layer) {
    int row = 0;
    for (const KeyValueSpan& span : cache.spans(layer, rows.rows()))
      for (int i = 0; i < span.rows; ++i, ++row)
        for (const void* from : {span.k, span.v})
          std::copy_n(static_cast<const float*>(from) + i * span.stride, width,
                      rows.row(row).data() + (2 * layer + (from == span.v)) * width);
  }
  return rows;
}

}  // namespace

Prefix::Prefix(const Trunk& trunk, const VirtualTokensConfig& config)
    : VirtualTokens(trunk, config),
      layers_(int(trunk.transformer.stack().layers.size())),
      heads_(trunk.transformer.stack().attention.kv_heads) {
  refuse_unfit(trunk);
  set_rows(keys_and_values(trunk, config.initial));
  make_edits();
}

std::unique_ptr<Method> Prefix::from_peft(const JsonObject& json, const Trunk& trunk) {
  return std::make_unique<Prefix>(trunk, read_config(json, trunk));
}

std::unique_ptr<Method> Prefix::copy() const {
  auto copied = std::make_unique<Prefix>(*this);
  copied->copy_rows();
  copied->copy_kept();
  copied->make_edits();
  return copied;
}

Edits Prefix::made_edits() const {
  Edits edits = no_edits();
  edits.prefix = rows();
  return edits;
}

Json Prefix::config() const {
  const int width = rows().cols() / (2 * layers_);
  Json json = VirtualTokens::config();
  json.update({{"peft_type", "PREFIX_TUNING"},
               {"token_dim", width},
               {"num_attention_heads", heads_},
               {"num_layers", layers_},
               {"encoder_hidden_size", width},
               {"prefix_projection", false}});
  return json;
}

}  // namespace graft::inline v0
