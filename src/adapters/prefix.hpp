// SPDX-License-Identifier: Apache-2.0
//
// Prefix tuning (Li & Liang 2021): trained keys and values of every layer before those of every text.
#pragma once

#include "adapters/virtual_tokens.hpp"

namespace graft::inline v0 {

class Prefix final : public VirtualTokens {
 public:
  // Begins as the keys and values that the model makes of the tokens, as the paper advises. Throws UnsupportedError for
  // a model whose attention takes no keys from elsewhere.
  Prefix(const Trunk& trunk, const VirtualTokensConfig& config);
  static std::unique_ptr<Method> from_peft(const JsonObject& json, const Trunk& trunk);

  std::unique_ptr<Method> copy() const override;
  Json config() const override;

 private:
  Edits made_edits() const override;

  int layers_, heads_;  // with keys of their own
};

}  // namespace graft::inline v0
