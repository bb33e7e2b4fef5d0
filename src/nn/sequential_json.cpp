// SPDX-License-Identifier: Apache-2.0
#include "nn/sequential_json.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kNonlinearities[] = {"identity", "relu", "gelu",    "gelu_tanh",
                                           "silu",     "tanh", "sigmoid", "softmax"};
constexpr const char* kInitialisations[] = {"pytorch", "glorot"};

// The enumerator of the name in the field.
template <class Enum, size_t count>
Enum choice(const JsonObject& json, const char* field, const char* const (&names)[count]) {
  const std::string found = json.text(field);
  std::string known;
  for (size_t i = 0; i < count; ++i) {
    if (found == names[i]) return Enum(i);
    known += (i ? ", " : "") + std::string(names[i]);
  }
  json.refuse(field, known);
}

struct LayerWriter {
  Json operator()(const Dense& layer) const {
    return {{"kind", "dense"},
            {"units", layer.units},
            {"activation", kNonlinearities[size_t(layer.activation)]},
            {"bias", layer.bias},
            {"initialisation", kInitialisations[size_t(layer.initialisation)]}};
  }
  Json operator()(const Dropout& layer) const { return {{"kind", "dropout"}, {"rate", layer.rate}}; }
  Json operator()(const BatchNorm& layer) const {
    return {{"kind", "batch_norm"}, {"momentum", layer.momentum}, {"epsilon", layer.epsilon}};
  }
  Json operator()(const LayerNorm& layer) const { return {{"kind", "layer_norm"}, {"epsilon", layer.epsilon}}; }
  Json operator()(const Activate& layer) const {
    return {{"kind", "activation"}, {"activation", kNonlinearities[size_t(layer.activation)]}};
  }
};

Layer read_layer(const JsonObject& json) {
  const std::string kind = json.text("kind");
  const auto number = [&](const char* field) { return float(json.number(field)); };
  const auto activation = [&] { return choice<Nonlinearity>(json, "activation", kNonlinearities); };
  if (kind == "dense")
    return Dense{int(json.integer("units", 1, 1 << 24)), activation(), json.flag("bias"),
                 choice<Initialisation>(json, "initialisation", kInitialisations)};
  if (kind == "dropout") return Dropout{number("rate")};
  if (kind == "batch_norm") return BatchNorm{number("momentum"), number("epsilon")};
  if (kind == "layer_norm") return LayerNorm{number("epsilon")};
  if (kind == "activation") return Activate{activation()};
  json.refuse("kind", "dense, dropout, batch_norm, layer_norm or activation");
}

}  // namespace

Json sequential_json(const SequentialConfig& config) {
  Json layers = Json::array();
  for (const Layer& layer : config.layers) layers.push_back(std::visit(LayerWriter{}, layer));
  return {{"features", config.features}, {"layers", layers}};
}

SequentialConfig read_sequential(const JsonObject& json) {
  SequentialConfig config;
  config.features = int(json.integer("features", 1, 1 << 24));
  const Json* layers = json.find("layers");
  check<FileError>(layers && layers->is_array(), json.where(), ": \"layers\" is missing, expected an array");
  for (size_t i = 0; i < layers->size(); ++i)
    config.layers.push_back(read_layer(JsonObject((*layers)[i], message(json.where(), ": layer ", i + 1))));
  try {
    check_config(config);
  } catch (const ArgumentError& error) {
    fail<FileError>(json.where(), ": ", error.what());
  }
  return config;
}

}  // namespace graft::inline v0
