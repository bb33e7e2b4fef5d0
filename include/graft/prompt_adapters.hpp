// SPDX-License-Identifier: Apache-2.0
//
// Adapters that train what stands before every text, and no matrix: virtual tokens, which take places of the context.
//
//   graft::PrefixAdapter adapter(model, {.tokens = 20, .initial_text = "Answer as a lawyer would."});
//   graft::Trainer(model, adapter, {.learning_rate = 1e-2f}).fit(train);
#pragma once

#include <cstdint>
#include <graft/adapter.hpp>

namespace graft::inline v0 {

// An adapter that is new does what its first tokens would do.
struct VirtualTokenOptions {
  int tokens = 20;
  std::string initial_text = {};               // again and again up to that length; empty: random tokens
  std::vector<std::string> save_modules = {};  // as of LoRAOptions
  uint64_t seed = 0;
};

// Embeddings before those of the text (Lester et al. 2021).
class GRAFT_EXPORT PromptAdapter : public Adapter {
 public:
  // Throws ArgumentError for no tokens, or more than the model's context holds beside a text.
  explicit PromptAdapter(const Model& model, const VirtualTokenOptions& options = {});
};

// Keys and values of every layer before those of the text (Li & Liang 2021).
class GRAFT_EXPORT PrefixAdapter : public Adapter {
 public:
  // Throws UnsupportedError for an encoder-decoder, ALBERT and DeBERTa, and ArgumentError as PromptAdapter does.
  explicit PrefixAdapter(const Model& model, const VirtualTokenOptions& options = {});
};

}  // namespace graft::inline v0
