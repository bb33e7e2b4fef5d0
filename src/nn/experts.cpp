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
  all.places.resize(size_t(x.rows()));
  std::iota(all.places.begin(), all.places.end(), 0);
  all.weights = activation(run, Activation::sigmoid, linear(run, x, {&shared_gate_, 1})[0]);
  return combine(run, all, (*shared_)(run, x));
}

Tensor Experts::operator()(Run& run, const Tensor& x, const StackPass& pass) const {
  const Routing routing = route(run, linear(run, x, {&router_, 1})[0], config_.used, config_.normalized);
  if (pass.routings) pass.routings->push_back(routing);
  const std::shared_ptr<Run> routed = run_on_rows(run, routing.rows);
  std::vector<RoutedRows> up, down;
  for (size_t i = 0; i < experts_.size(); ++i) {
    up.push_back({routing.experts[i], experts_[i].up()});
    down.push_back({routing.experts[i], experts_[i].down()});
  }
  const std::vector<Tensor> products = linear(*routed, gather_rows(run, x, routing.rows), up);
  const Tensor inner = experts_[0].inner(*routed, products, input_dtype(*routed, down));
  const Tensor y = combine(run, routing, linear(*routed, inner, down)[0]);
  return shared_ ? add(run, y, shared(run, x)) : y;
}

}  // namespace graft::inline v0
