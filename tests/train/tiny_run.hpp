// SPDX-License-Identifier: Apache-2.0
//
// Runs of an adapter on a tiny model.
#pragma once

#include "adapters/lora.hpp"
#include "formats/goldens.hpp"
#include "support/goldens.hpp"
#include "train/adapter_training.hpp"
#include "train/fit.hpp"
#include "train/token_objective.hpp"

namespace graft {

inline std::unique_ptr<Trunk> tiny_llama(const std::string& kernels, int threads = 2) {
  return load_trunk(Checkpoint::open(golden_path("models/llama-gqa"), FileAccess::map),
                    Backend::create({.kernels = kernels, .threads = threads}));
}

inline std::vector<TokenRow> golden_rows(const Goldens& goldens) {
  const std::vector<int64_t>&ids = goldens.integers("ids"), &labels = goldens.integers("labels"),
        &offsets = goldens.integers("offsets");
  std::vector<TokenRow> rows;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    TokenRow& row = rows.emplace_back();
    for (int64_t at = offsets[i]; at < offsets[i + 1]; ++at) {
      row.ids.push_back(int32_t(ids[size_t(at)]));
      row.trained.push_back(at > offsets[i] && labels[size_t(at)] >= 0);
    }
  }
  return rows;
}

inline TrainReport fit(const Trunk& trunk, Method& adapter, const std::vector<TokenRow>& rows,
                       const TrainOptions& options, const std::vector<TokenRow>& held_out_rows = {},
                       std::vector<Parameter> more_parameters = {}) {
  const TokenObjective train(trunk, rows, options, {.edits = &adapter.edits()}),
      held_out(trunk, held_out_rows, options, {.edits = &adapter.edits()});
  const Lane lane(trunk.backend);
  Trainable trainable = trainable_of(adapter, trunk, lane);
  trainable.parameters.insert(trainable.parameters.end(), more_parameters.begin(), more_parameters.end());
  return Fit(trunk.backend, std::move(trainable), {train, held_out_rows.empty() ? nullptr : &held_out}, options).run();
}

inline TrainOptions golden_options() {
  return {.epochs = 10, .batch = 3, .learning_rate = 0.01f, .warmup_steps = 2, .shuffle = false};
}

inline std::vector<float> values(const Method& adapter) {
  std::vector<float> all;
  for (const AdapterTensor& parameter : adapter.trainable())
    all.insert(all.end(), parameter.value.values().begin(), parameter.value.values().end());
  return all;
}

}  // namespace graft
