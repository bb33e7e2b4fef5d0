// SPDX-License-Identifier: Apache-2.0
//
// The first values of a sequential network.
#include <cmath>

#include "nn/sequential.hpp"
#include "support/for_each_task.hpp"
#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

// The largest distance from 0 of the weights and biases of a layer.
struct Bounds {
  double weight = 0, bias = 0;
};

Bounds bounds_of(const Dense& layer, int inputs) {
  const double bound = 1 / std::sqrt(double(inputs));
  if (layer.initialisation == Initialisation::pytorch) return {bound, bound};
  return {std::sqrt(6.0 / (double(inputs) + layer.units)), 0};
}

void fill_dense(const Backend& backend, const Parameters& parameters, const std::string& module, const Dense& layer,
                uint64_t seed, uint64_t stream) {
  const Weight& weight = *parameters.find(module + "weight");
  const Bounds bounds = bounds_of(layer, weight.cols());
  for_each_part(backend, weight.parameter().values(),
                [&](std::span<float> part, uint64_t first) { fill_uniform(part, bounds.weight, seed, stream, first); });
  if (layer.bias) fill_uniform(parameters.find(module + "bias")->parameter().values(), bounds.bias, seed, stream + 1);
}

void fill_ones(const Weight& weight) {
  for (float& value : weight.parameter().values()) value = 1;
}

}  // namespace

bool is_trained(const Weight& weight) {
  return !weight.name().ends_with(".running_mean") && !weight.name().ends_with(".running_var");
}

void initialise(const SequentialConfig& config, const Parameters& parameters, const Lane& lane,
                const std::shared_ptr<Memory>& memory, uint64_t seed) {
  for (const auto& [module, weight] : parameters.all()) weight->create(memory);
  for (size_t i = 0; i < config.layers.size(); ++i) {
    const std::string module = "layers." + std::to_string(i) + ".";
    const Layer& layer = config.layers[i];
    if (const auto* dense = std::get_if<Dense>(&layer))
      fill_dense(lane.backend(), parameters, module, *dense, seed, 2 * i);
    if (std::holds_alternative<BatchNorm>(layer)) fill_ones(*parameters.find(module + "running_var"));
    if (std::holds_alternative<BatchNorm>(layer) || std::holds_alternative<LayerNorm>(layer))
      fill_ones(*parameters.find(module + "weight"));
  }
  for (const auto& [module, weight] : parameters.all()) weight->freeze(lane, memory);
}

}  // namespace graft::inline v0
