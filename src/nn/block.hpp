// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/attention.hpp"
#include "nn/dropout_site.hpp"
#include "nn/experts.hpp"
#include "nn/mlp.hpp"

namespace graft::inline v0 {

// A branch beside the residual path, with the norms that stand around it.
class Residual {
 public:
  // The norms are MODULE_norm and, on the branch's output, MODULE_post_norm.
  Residual(Parameters& parameters, const std::string& module, const StackConfig& config, bool has_norm,
           DropoutPlace place);

  // sum + branch(x), where x is what the branch reads, the sum itself as a rule. It may be given as `dtype`.
  template <class Branch>
  Tensor operator()(Run& run, int layer, const Tensor& sum, const Tensor& x, Dtype dtype, const Branch& branch) const {
    const Tensor y = post_norm_(run, branch(norm_place_ == NormPlace::after ? x : norm_(run, x, dtype)));
    const Tensor total = add(run, sum, dropout(run, y, dropout_, site_.in_layer(layer)));
    return norm_place_ == NormPlace::after ? norm_(run, total) : total;
  }

 private:
  NormPlace norm_place_;
  float dropout_;
  DropoutSite site_;
  Norm norm_, post_norm_;
};

// Attention and MLP, of a decoder behind an encoder with attention to that between them.
class Block {
 public:
  Block(Parameters& parameters, const std::string& module, const StackConfig& config, int layer);
  Tensor operator()(Run& run, const Tensor& x, const StackPass& pass) const;

 private:
  bool is_parallel_;
  Residual attention_branch_;
  SelfAttention attention_;
  std::optional<Residual> cross_branch_;
  std::optional<CrossAttention> cross_attention_;
  Residual mlp_branch_;
  std::optional<Mlp> mlp_;
  std::optional<Experts> experts_;
};

}  // namespace graft::inline v0
