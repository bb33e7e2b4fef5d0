// SPDX-License-Identifier: Apache-2.0
//
// Prompt tuning (Lester et al. 2021): trained embeddings before those of every text. An encoder-decoder has them before
// its source.
#pragma once

#include "adapters/virtual_tokens.hpp"

namespace graft::inline v0 {

class Prompt final : public VirtualTokens {
 public:
  // Begins as the tokens of the configuration.
  Prompt(const Trunk& trunk, const VirtualTokensConfig& config);
  // PEFT's prompt tuning, and its P-tuning, of which a folder has the finished embeddings.
  static std::unique_ptr<Method> from_peft(const JsonObject& json, const Trunk& trunk);

  std::unique_ptr<Method> copy() const override;
  Json config() const override;
  void read(const Reader& reader) override;

 private:
  Edits made_edits() const override;

  int heads_, layers_;
  int stored_parts_ = 1;  // of the tensor in a folder; the first one is read
};

}  // namespace graft::inline v0
