// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/dropout_site.hpp"
#include "nn/norm.hpp"

namespace graft::inline v0 {

// Tokens, their positions and types as vectors.
class Embedding {
 public:
  // `tokens`: a table that another stack has already; null: one of its own.
  Embedding(Parameters& parameters, const std::string& module, const StackConfig& config, int context,
            const Weight* tokens);
  Tensor operator()(Run& run) const;

  const Weight* tokens() const { return tokens_; }

 private:
  Tensor words(Run& run) const;

  EmbeddingConfig config_;
  float dropout_;
  DropoutSite site_;
  std::shared_ptr<Memory> memory_;
  const Weight* tokens_;
  const Weight* positions_ = nullptr;
  const Weight* types_ = nullptr;
  Tensor sinusoids_;  // positions × width
  Norm norm_;
  std::optional<Projection> projection_;
};

}  // namespace graft::inline v0
