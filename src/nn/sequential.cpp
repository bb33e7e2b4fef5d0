// SPDX-License-Identifier: Apache-2.0
#include "nn/sequential.hpp"

#include <algorithm>
#include <cmath>

#include "nn/norm.hpp"
#include "ops/batch_norm.hpp"
#include "support/message.hpp"
#include "support/softmax.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kMostUnits = 1 << 24;

Activation activation_of(Nonlinearity kind) {
  switch (kind) {
    case Nonlinearity::relu:
      return Activation::relu;
    case Nonlinearity::gelu:
      return Activation::gelu;
    case Nonlinearity::gelu_tanh:
      return Activation::gelu_tanh;
    case Nonlinearity::silu:
      return Activation::silu;
    case Nonlinearity::tanh:
      return Activation::tanh;
    case Nonlinearity::sigmoid:
      return Activation::sigmoid;
    case Nonlinearity::softmax:
    case Nonlinearity::identity:
      break;
  }
  return Activation::identity;
}

Nonlinearity activation_at_end(const Layer& layer) {
  if (const auto* dense = std::get_if<Dense>(&layer)) return dense->activation;
  if (const auto* activate = std::get_if<Activate>(&layer)) return activate->activation;
  return Nonlinearity::identity;
}

// Makes the step of each kind of layer.
struct StepMaker {
  using Step = std::function<Tensor(Run&, const Tensor&)>;

  Parameters& parameters;
  int index;                // of the layer
  int& width;               // of its input, and then of its output
  Nonlinearity activation;  // at its end

  std::string module() const { return "layers." + std::to_string(index); }

  Step operator()(const Dense& layer) const {
    const Projection projection = parameters.projection(module(), layer.units, width, layer.bias);
    width = layer.units;
    return [projection, kind = activation_of(activation)](Run& run, const Tensor& x) {
      return graft::activation(run, kind, linear(run, x, {&projection, 1})[0]);
    };
  }
  Step operator()(const Dropout& layer) const {
    return [rate = layer.rate, site = kDropoutSites + index](Run& run, const Tensor& x) {
      return dropout(run, x, rate, site);
    };
  }
  Step operator()(const BatchNorm& layer) const {
    const Weight* gain = parameters.vector(module() + ".weight", width);
    const Weight* bias = parameters.vector(module() + ".bias", width);
    const RunningMoments moments{parameters.vector(module() + ".running_mean", width),
                                 parameters.vector(module() + ".running_var", width), layer.momentum};
    return [gain, bias, moments, epsilon = layer.epsilon](Run& run, const Tensor& x) {
      return batch_norm(run, x, *gain, *bias, moments, epsilon);
    };
  }
  Step operator()(const LayerNorm& layer) const {
    const NormConfig config{.kind = NormConfig::Kind::layer, .epsilon = layer.epsilon, .bias = true};
    return Norm(parameters, module(), config, width);
  }
  Step operator()(const Activate&) const {
    return [kind = activation_of(activation)](Run& run, const Tensor& x) { return graft::activation(run, kind, x); };
  }
};

}  // namespace

void check_config(const SequentialConfig& config) {
  check(config.features >= 1 && config.features <= kMostUnits, "sequential: ", config.features,
        " features, expected 1 to ", kMostUnits);
  check(!config.layers.empty(), "sequential: there is no layer");
  for (size_t i = 0; i < config.layers.size(); ++i) {
    const auto within = [&](const char* what, double value, bool is_right, const char* expected) {
      check(is_right, "layer ", i + 1, ": ", what, " is ", value, ", expected ", expected);
    };
    const Layer& layer = config.layers[i];
    if (const auto* dense = std::get_if<Dense>(&layer))
      within("Dense: units", dense->units, dense->units >= 1 && dense->units <= kMostUnits, "1 to 16777216");
    if (const auto* dropout = std::get_if<Dropout>(&layer))
      within("Dropout: rate", dropout->rate, dropout->rate >= 0 && dropout->rate < 1, "0 to below 1");
    if (const auto* norm = std::get_if<BatchNorm>(&layer)) {
      within("BatchNorm: momentum", norm->momentum, norm->momentum > 0 && norm->momentum <= 1, "above 0 to 1");
      within("BatchNorm: epsilon", norm->epsilon, norm->epsilon > 0, "more than 0");
    }
    if (const auto* norm = std::get_if<LayerNorm>(&layer))
      within("LayerNorm: epsilon", norm->epsilon, norm->epsilon > 0, "more than 0");
    check(activation_at_end(layer) != Nonlinearity::softmax || i + 1 == config.layers.size(), "layer ", i + 1,
          ": softmax, expected in the last layer only");
  }
}

Sequential::Sequential(Parameters& parameters, SequentialConfig config)
    : config_(std::move(config)), width_(config_.features) {
  check_config(config_);
  const Nonlinearity last = activation_at_end(config_.layers.back());
  if (last == Nonlinearity::sigmoid || last == Nonlinearity::softmax) link_ = last;
  for (size_t i = 0; i < config_.layers.size(); ++i) {
    const bool is_link = i + 1 == config_.layers.size() && link_ != Nonlinearity::identity;
    const Nonlinearity activation = is_link ? Nonlinearity::identity : activation_at_end(config_.layers[i]);
    steps_.push_back(std::visit(StepMaker{parameters, int(i), width_, activation}, config_.layers[i]));
  }
}

Tensor Sequential::scores(Run& run, const Tensor& x) const {
  check(x.cols() == config_.features, "sequential: rows of ", x.cols(), " features, expected ", config_.features);
  Tensor y = x;
  for (const Step& step : steps_) y = step(run, y);
  return y;
}

Tensor Sequential::outputs(Run& run, const Tensor& scores) const {
  const Tensor y = run.tensor(scores.rows(), scores.cols());
  run.kernels().activation(run.stream(), activation_of(link_), scores.data(), y.data(), int64_t(y.size()));
  if (link_ == Nonlinearity::softmax)
    for (int row = 0; row < y.rows(); ++row) softmax(y.row(row));
  return y;
}

Batch batch_of_rows(std::span<const int64_t> examples) {
  Batch batch;
  const int32_t no_token = 0;
  for (const int64_t example : examples) batch.add({&no_token, 1}, 0, example);
  return batch;
}

}  // namespace graft::inline v0
