// SPDX-License-Identifier: Apache-2.0
//
// A network of float rows, layer after layer.
#pragma once

#include <functional>
#include <vector>

#include "graft/layers.hpp"
#include "nn/parameters.hpp"

namespace graft::inline v0 {

struct SequentialConfig {
  int features = 0;  // columns of the input
  std::vector<Layer> layers;
};

// Throws ArgumentError: layer 2: Dropout: rate is 1.5, expected 0 to below 1
void check_config(const SequentialConfig& config);

// The weights are "layers.0.weight", "layers.0.bias", and of a batch norm "layers.1.running_mean" and
// "layers.1.running_var" too, which are not trained.
class Sequential {
 public:
  Sequential(Parameters& parameters, SequentialConfig config);

  // rows × features to rows × outputs, before the link.
  Tensor scores(Run& run, const Tensor& x) const;
  // What the scores become at the end: identity, sigmoid or softmax. Losses of classes work on the scores.
  Nonlinearity link() const { return link_; }
  // The scores after the link. Has no gradient.
  Tensor outputs(Run& run, const Tensor& scores) const;

  const SequentialConfig& config() const { return config_; }
  int width() const { return width_; }  // outputs a row

 private:
  using Step = std::function<Tensor(Run&, const Tensor&)>;

  SequentialConfig config_;
  std::vector<Step> steps_;
  Nonlinearity link_ = Nonlinearity::identity;
  int width_;
};

// Whether an optimizer may change it; running moments are not trained.
bool is_trained(const Weight& weight);

// Makes the weights, with values drawn by the seed: of each Dense as it says, gains and running variances 1, the rest
// 0. They are frozen.
void initialise(const SequentialConfig& config, const Parameters& parameters, const Lane& lane,
                const std::shared_ptr<Memory>& memory, uint64_t seed);

// A batch with a row for each example, which names it for random numbers.
Batch batch_of_rows(std::span<const int64_t> examples);

}  // namespace graft::inline v0
