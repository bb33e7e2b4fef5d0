// SPDX-License-Identifier: Apache-2.0
#include "nn/experts.hpp"

#include <numeric>

#include "tensor/rows_run.hpp"

namespace graft::inline v0 {

Experts::Experts(Parameters& parameters, const std::string& module, const MlpConfig& config, int model_width)
    : config_(config.experts), router_(parameters.projection(module + ".router", config_.count, model_width, false)) {
  for (int i = 0; i < config_.count; ++i)
    experts_.emplace_back(parameters, module + ".experts." + std::to_string(i), config, model_width, config_.width);
  if (config_.shared_width == 0) return;
  shared_.emplace(parameters, module + ".shared", config, model_width, config_.shared_width);
  shared_gate_ = parameters.projection(module + ".shared_gate", 1, model_width, false);
}

Tensor Experts::shared(Run& run, const Tensor& x) const {
  Routing all;
  all.used = 1;
  all.rows.emplace_back(size_t(x.rows()));
  std::iota(all.rows[0].begin(), all.rows[0].end(), 0);
  all.slots = all.rows;
  all.weights = activation(run, Activation::sigmoid, linear(run, x, {&shared_gate_, 1})[0]);
  const Tensor y = (*shared_)(run, x);
  return combine(run, all, {&y, 1}, x.rows());
}

Tensor Experts::operator()(Run& run, const Tensor& x, const StackPass& pass) const {
  const Routing routing = route(run, linear(run, x, {&router_, 1})[0], config_.used, config_.normalized);
  if (pass.routings) pass.routings->push_back(routing);
  std::vector<Tensor> outputs(experts_.size());
  for (size_t i = 0; i < experts_.size(); ++i) {
    const std::vector<int32_t>& rows = routing.rows[i];
    if (!rows.empty()) outputs[i] = experts_[i](*run_on_rows(run, rows), gather_rows(run, x, rows));
  }
  const Tensor y = combine(run, routing, outputs, x.rows());
  return shared_ ? add(run, y, shared(run, x)) : y;
}

}  // namespace graft::inline v0
