// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/dropout_site.hpp"
#include "nn/norm.hpp"
#include "nn/stack_pass.hpp"

namespace graft::inline v0 {

// Attention of a sequence to itself, with rotary positions, grouped keys and values (Ainslie et al. 2023), or a bias of
// the scores, as the config says.
class SelfAttention {
 public:
  SelfAttention(Parameters& parameters, const std::string& module, const StackConfig& config, int layer);
  Tensor operator()(Run& run, const Tensor& x, const StackPass& pass) const;
  Dtype input_dtype(const Run& run, int rows) const { return graft::input_dtype(run, rows, qkv_); }

 private:
  std::vector<Tensor> project(Run& run, const Tensor& x) const;
  ScoreBias disentangled(Run& run, const Tensor& q, const Tensor& k, const StackPass& pass) const;

  AttentionConfig config_;
  AttentionShape shape_;
  DropoutSite dropout_;  // of the probabilities
  int rotary_;
  std::vector<Projection> qkv_;  // three, or the fused one
  Norm query_norm_, key_norm_;
  Projection output_;
};

// Attention of a decoder's tokens to the hidden states of an encoder.
class CrossAttention {
 public:
  CrossAttention(Parameters& parameters, const std::string& module, const StackConfig& config);
  Tensor operator()(Run& run, const Tensor& x, const StackPass& pass) const;
  Dtype input_dtype(const Run& run, int rows) const { return graft::input_dtype(run, rows, {&query_, 1}); }

 private:
  const Encoded::KeysAndValues& keys_and_values(Run& run, const StackPass& pass) const;

  AttentionShape shape_;
  DropoutSite dropout_;
  Projection query_;
  Projection key_value_[2];
  Projection output_;
};

}  // namespace graft::inline v0
