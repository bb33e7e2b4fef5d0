// SPDX-License-Identifier: Apache-2.0
//
// What prompt tuning and prefix tuning have in common: trained rows that stand before every text, and PEFT's words for
// them.
#pragma once

#include <span>

#include "adapters/method.hpp"

namespace graft::inline v0 {

struct VirtualTokensConfig {
  std::vector<int32_t> initial = {};  // the tokens that they begin as, one each
  KeptConfig kept = {};
};

// Those of a text, again and again up to the count; drawn from the vocabulary where it has none.
std::vector<int32_t> initial_tokens(const Trunk& trunk, std::span<const int32_t> text, int count, uint64_t seed);

class VirtualTokens : public Method {
 public:
  Json config() const override;

 protected:
  // Throws ArgumentError for tokens that the model does not have, or more than fit its context.
  VirtualTokens(const Trunk& trunk, const VirtualTokensConfig& config);
  VirtualTokens(const VirtualTokens&) = default;

  // For `from_peft`: as many tokens as the folder has.
  static VirtualTokensConfig read_config(const JsonObject& json, const Trunk& trunk);

  // A row a virtual token.
  const Tensor& rows() const { return rows_; }
  void set_rows(Tensor rows) { rows_ = std::move(rows); }
  void copy_rows();

 private:
  std::vector<AdapterTensor> factors() const override;

  Tensor rows_;
};

}  // namespace graft::inline v0
