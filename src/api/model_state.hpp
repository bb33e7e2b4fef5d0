// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/merge.hpp"
#include "api/idle_memory.hpp"
#include "api/use_count.hpp"
#include "generate/generator.hpp"
#include "graft/model.hpp"
#include "models/trunk.hpp"
#include "tokenizers/loaded_tokenizer.hpp"

namespace graft::inline v0 {

struct Model::State {
  State(std::unique_ptr<Trunk> network, Tokenizer with) : trunk(std::move(network)), tokenizer(std::move(with)) {}

  std::unique_ptr<Trunk> trunk;
  Tokenizer tokenizer;
  Precision precision = Precision::automatic;
  std::vector<int32_t> end_ids;
  std::string path;                      // where it was loaded from
  std::optional<Checkpoint> checkpoint;  // none for a new model
  bool has_other_tokenizer = false;      // than the checkpoint's

  // The rows that make an embedding; automatic: as the model's folder says it, which is read once.
  HeadConfig::Rows embedding_rows(Pooling pooling) const;
  mutable UseCount use;
  mutable IdleMemory idle;
  std::vector<MergedWeight> merged;  // originals of what an adapter was merged into

 private:
  mutable std::once_flag pooling_read_;
  mutable Pooling pooling_ = Pooling::mean;
};

// A pass of this model on a lane, with what an adapter adds (may be null).
NetworkContext network_context(const Model::State& model, const Lane& lane, std::shared_ptr<Memory> memory,
                               const Edits* edits);

// Throws UnsupportedError for a model that writes no text; `alone`: and for one whose decoder needs a source.
void require_decoder(const Model::State& model, bool alone);

// The prompt as it fits the context behind the virtual tokens of its edits, by options.on_overflow.
std::vector<int32_t> fit_prompt(const Model::State& model, std::vector<int32_t> prompt, const GenerateOptions& options,
                                const Edits* edits);

}  // namespace graft::inline v0
