// SPDX-License-Identifier: Apache-2.0
#include "adapters/virtual_tokens.hpp"

#include <algorithm>

#include "support/message.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {

std::vector<int32_t> initial_tokens(const Trunk& trunk, std::span<const int32_t> text, int count, uint64_t seed) {
  check(count >= 1, "virtual tokens: tokens is ", count, ", expected at least 1");
  const int vocabulary = trunk.transformer.tokens()->rows();
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  for (size_t i = 0; i < tokens.size(); ++i)
    tokens[i] = text.empty() ? int32_t(random_uniform(seed, 0, i) * vocabulary) : text[i % text.size()];
  return tokens;
}

VirtualTokens::VirtualTokens(const Trunk& trunk, const VirtualTokensConfig& config) : Method(trunk, config.kept) {
  const int count = int(config.initial.size()), context = trunk.transformer.config().context;
  check(count >= 1 && count < context, "virtual tokens: there are ", count, ", expected 1 to ", context - 1,
        " for the model's context");
  for (const int32_t token : config.initial)
    check(token >= 0 && token < trunk.transformer.tokens()->rows(), "virtual tokens: token ", token, ", expected 0 to ",
          trunk.transformer.tokens()->rows() - 1);
}

VirtualTokensConfig VirtualTokens::read_config(const JsonObject& json, const Trunk& trunk) {
  const int64_t count = json.integer("num_virtual_tokens", 1, trunk.transformer.config().context - 1);
  return {.initial = std::vector<int32_t>(size_t(count), 0), .kept = {.modules = texts_of(json, "modules_to_save")}};
}

void VirtualTokens::copy_rows() { rows_ = graft::copy(*fresh_memory(), rows_); }

std::vector<AdapterTensor> VirtualTokens::factors() const {
  return {AdapterTensor::matrix("prompt_embeddings", rows_)};
}

Json VirtualTokens::config() const {
  Json json = Method::config();
  json.erase("bias");
  json.update({{"num_virtual_tokens", rows_.rows()}, {"num_transformer_submodules", 1}});
  return json;
}

}  // namespace graft::inline v0
