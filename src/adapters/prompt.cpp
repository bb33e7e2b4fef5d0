// SPDX-License-Identifier: Apache-2.0
#include "adapters/prompt.hpp"

#include <algorithm>

namespace graft::inline v0 {

Prompt::Prompt(const Trunk& trunk, const VirtualTokensConfig& config)
    : VirtualTokens(trunk, config),
      heads_(trunk.transformer.stack().attention.heads),
      layers_(int(trunk.transformer.stack().layers.size())) {
  const Lane lane(trunk.backend);
  const Weight& table = *trunk.transformer.tokens();
  const Tensor rows(*fresh_memory(), int(config.initial.size()), table.cols());
  lane.backend().kernels().embedding(lane.stream(), table.matrix(), config.initial.data(), rows.rows(), rows.data());
  for (float& value : rows.values()) value *= trunk.transformer.stack().embedding.scale;
  set_rows(rows);
  make_edits();
}

std::unique_ptr<Method> Prompt::from_peft(const JsonObject& json, const Trunk& trunk) {
  auto prompt = std::make_unique<Prompt>(trunk, read_config(json, trunk));
  prompt->stored_parts_ = int(json.integer_or("num_transformer_submodules", 1, 1, 2));
  return prompt;
}

std::unique_ptr<Method> Prompt::copy() const {
  auto copied = std::make_unique<Prompt>(*this);
  copied->copy_rows();
  copied->copy_kept();
  copied->make_edits();
  return copied;
}

Edits Prompt::made_edits() const {
  Edits edits = no_edits();
  edits.prompt = rows();
  return edits;
}

void Prompt::read(const Reader& reader) {
  read_into(stored(), [&](const std::string& name, std::vector<int64_t> shape) {
    const bool is_prompt = name == stored()[0].name;
    if (is_prompt) shape[0] *= stored_parts_;
    std::vector<float> values = reader(name, shape);
    if (is_prompt) values.resize(rows().size());
    return values;
  });
}

Json Prompt::config() const {
  Json json = VirtualTokens::config();
  json.update({{"peft_type", "PROMPT_TUNING"},
               {"token_dim", rows().cols()},
               {"num_attention_heads", heads_},
               {"num_layers", layers_},
               {"prompt_tuning_init", "RANDOM"}});
  return json;
}

}  // namespace graft::inline v0
