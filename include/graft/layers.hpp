// SPDX-License-Identifier: Apache-2.0
//
//   using enum graft::Nonlinearity;
//   const std::vector<graft::Layer> layers = {graft::Dense{512, relu}, graft::Dropout{0.5f}, graft::Dense{1, sigmoid}};
//
// The layers of a network of float rows. The last one gives the outputs; sigmoid or softmax there makes them
// probabilities, of a loss that is computed from the values before.
#pragma once

#include <cstdint>
#include <variant>

namespace graft::inline v0 {

enum class Nonlinearity : uint8_t {
  identity,
  relu,
  gelu,       // x times the normal distribution (Hendrycks & Gimpel 2016)
  gelu_tanh,  // its approximation by tanh
  silu,       // x · sigmoid(x)
  tanh,
  sigmoid,
  softmax,  // of a row; in the last layer only
};

enum class Initialisation : uint8_t {
  pytorch,  // weights and biases uniform within 1 / sqrt(inputs), as torch.nn.Linear has them
  glorot,   // weights uniform within sqrt(6 / (inputs + units)), biases 0 (Glorot & Bengio 2010), as Keras has them
};

// y = activation(x · weightᵀ + bias)
struct Dense {
  int units = 0;
  Nonlinearity activation = Nonlinearity::identity;
  bool bias = true;
  Initialisation initialisation = Initialisation::pytorch;
};

// While training, each value is left out with this probability and the others are divided by what is left of 1
// (Srivastava et al. 2014). 0 to below 1.
struct Dropout {
  float rate = 0.5f;
};

// Columns less their mean, over their deviation, times a gain plus a bias (Ioffe & Szegedy 2015): while training those
// of the batch, which must have two rows or more; else the running ones, of which each training batch is a share of
// `momentum`.
struct BatchNorm {
  float momentum = 0.1f;
  float epsilon = 1e-5f;
};

// The same of each row by itself (Ba et al. 2016).
struct LayerNorm {
  float epsilon = 1e-5f;
};

struct Activate {
  Nonlinearity activation = Nonlinearity::relu;
};

using Layer = std::variant<Dense, Dropout, BatchNorm, LayerNorm, Activate>;

}  // namespace graft::inline v0
