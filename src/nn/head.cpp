// SPDX-License-Identifier: Apache-2.0
#include "nn/head.hpp"

#include <numeric>

#include "tensor/rows_run.hpp"

namespace graft::inline v0 {

ScoreHead::ScoreHead(Parameters& parameters, const HeadConfig& config, int width, const Weight* tokens)
    : config_(config) {
  const std::string& module = config.module;
  if (config.dense > 0) {
    dense_ = parameters.projection(module + ".dense", config.dense, width, config.dense_bias);
    width = config.dense;
  }
  if (config.norm) norm_ = Norm(parameters, module + ".norm", config.norm_config, width);
  if (config.outputs == 0) return;
  if (config.tied)
    output_ = {tokens, config.bias ? parameters.vector(module + ".bias", config.outputs) : nullptr};
  else
    output_ = parameters.projection(module, config.outputs, width, config.bias);
}

Tensor ScoreHead::features(Run& run, const Tensor& x) const {
  Tensor y = x;
  if (dense_.weight) y = activation(run, config_.activation, linear(run, y, {&dense_, 1})[0]);
  return dropout(run, norm_(run, y), config_.dropout, kDropoutSites - 1);
}

Tensor ScoreHead::operator()(Run& run, const Tensor& hidden, std::span<const int32_t> rows) const {
  const std::shared_ptr<Run> chosen = run_on_rows(run, rows);
  const Tensor x = features(*chosen, gather_rows(run, hidden, rows));
  if (!output_.weight) return x;
  const Tensor scores = scaled(run, linear(*chosen, x, {&output_, 1})[0], config_.scale);
  return config_.soft_cap > 0 ? soft_cap(run, scores, config_.soft_cap) : scores;
}

Tensor ScoreHead::operator()(Run& run, const Tensor& hidden) const {
  return (*this)(run, hidden, head_rows(run.batch, config_.rows));
}

HeadLoss ScoreHead::loss(Run& run, const Tensor& hidden, Targets targets) const {
  const HeadScores scores{config_.scale, config_.soft_cap};
  if (!dense_.weight && !config_.norm) return head_loss(run, hidden, output_, scores, targets);
  const std::shared_ptr<Run> chosen = run_on_rows(run, targets.rows);
  const Tensor x = features(*chosen, gather_rows(run, hidden, targets.rows));
  std::iota(targets.rows.begin(), targets.rows.end(), 0);
  return head_loss(*chosen, x, output_, scores, targets);
}

std::vector<int32_t> head_rows(const Batch& batch, HeadConfig::Rows rows) {
  std::vector<int32_t> chosen(size_t(rows == HeadConfig::Rows::all ? batch.rows() : batch.sequences()));
  std::iota(chosen.begin(), chosen.end(), 0);
  if (rows == HeadConfig::Rows::all) return chosen;
  for (size_t i = 0; i < chosen.size(); ++i)
    chosen[i] = rows == HeadConfig::Rows::first ? batch.offsets[i] : batch.offsets[i + 1] - 1;
  return chosen;
}

Tensor pooled(Run& run, const Tensor& hidden, HeadConfig::Rows rows) {
  return rows == HeadConfig::Rows::all ? mean_rows(run, hidden) : gather_rows(run, hidden, head_rows(run.batch, rows));
}

}  // namespace graft::inline v0
