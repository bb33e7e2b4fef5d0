// SPDX-License-Identifier: Apache-2.0
#include "nn/sequential.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "nn/sequential_json.hpp"
#include "ops/losses.hpp"
#include "support/check_gradient.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

using enum Nonlinearity;

// A network with the place where it runs.
struct Network {
  explicit Network(SequentialConfig config, const std::string& table = "", uint64_t seed = 0)
      : lane(Backend::create({.kernels = table, .threads = 2})), sequential(parameters, std::move(config)) {
    initialise(sequential.config(), parameters, lane, memory, seed);
  }

  Run run() { return {lane, memory, batch, Precision::f32}; }
  const Weight& weight(const std::string& name) const { return *parameters.find(name); }

  Lane lane;
  std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  Batch batch;
  Parameters parameters{[](std::string_view module) { return std::string(module); }};
  Sequential sequential;
};

SequentialConfig small() { return {3, {Dense{4, Nonlinearity::tanh}, BatchNorm{}, LayerNorm{}, Dense{1, sigmoid}}}; }

// Values, and 5 rows of features, that a few lines of PyTorch can repeat.
void fill(Network& network) {
  float place = 0;
  for (const auto& [module, weight] : network.parameters.all()) {
    if (!is_trained(*weight)) continue;
    weight->thaw(network.lane, network.memory, true);
    const float shift = weight->kind() == Weight::Kind::vector ? 0.75f : 0.0f;
    const std::span<float> values = weight->parameter().values();
    for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(float(i) + 1 + place) / 2 + shift;
    ++place;
  }
}
Tensor rows(Memory& memory) {
  Tensor x(memory, 5, 3);
  for (size_t i = 0; i < x.size(); ++i) x.values()[i] = float(std::cos(double(i)));
  return x;
}
const std::vector<float> kTargets = {1, 0, 1, 1, 0}, kMean(5, 0.2f);

double largest(const std::vector<double>& expected, std::span<const float> found) {
  double worst = expected.size() == found.size() ? 0 : 1;
  for (size_t i = 0; i < found.size(); ++i) worst = std::max(worst, std::abs(expected[i] - double(found[i])));
  return worst;
}

}  // namespace

// The figures are those of torch.nn.Sequential(Linear, Tanh, BatchNorm1d, LayerNorm, Linear) in double, with the same
// values and rows.
TEST_CASE("A sequential network has PyTorch's loss, gradients and running moments", "[nn]") {
  for (const std::string& table : tested_kernels()) {
    INFO(table);
    Network network(small(), table);
    fill(network);
    Gradients gradients(network.memory);
    for (const auto& [module, weight] : network.parameters.all())
      if (is_trained(*weight)) gradients.watch(weight->parameter());
    Tape tape(gradients, network.memory, network.lane);
    Run run = network.run();
    run.tape = &tape;
    run.training = true;
    const Tensor x = rows(*network.memory);
    const Tensor loss = binary_cross_entropy(run, network.sequential.scores(run, x), kTargets, kMean);
    CHECK(loss.value() == Approx(0.832957274460048).epsilon(1e-6));
    tape.backward(loss);
    const std::map<std::string, std::vector<double>> expected = {
        {"layers.0.weight",
         {0.005317090, -0.008271093, -0.014254871, -0.016202193, 0.006520951, 0.023248763, -0.008921712, -0.001072551,
          0.007762709, 0.078546651, 0.008521543, -0.069338232}},
        {"layers.0.bias", {-0.002436744, -0.004589044, -0.001439963, 0.026762672}},
        {"layers.1.weight", {0.031338413, -0.018677438, 0.019540898, 0.096030662}},
        {"layers.1.bias", {-0.025691381, 0.095839609, 0.049968738, -0.120116966}},
        {"layers.2.weight", {-0.010195945, -0.066911063, 0.009849941, -0.032232860}},
        {"layers.2.bias", {0.074532200, 0.112238281, 0.046753004, -0.061716769}},
        {"layers.3.weight", {0.130072775, 0.162151438, 0.333960190, 0.364414001}},
        {"layers.3.bias", {0.226891081}}};
    for (const auto& [name, gradient] : expected) {
      INFO(name);
      CHECK(largest(gradient, gradients.of(network.weight(name).parameter()).values()) < 2e-6);
    }
    CHECK(largest({0.075155057, 0.044303740, 0.034929987, 0.009903556},
                  network.weight("layers.1.running_mean").parameter().values()) < 1e-6);
    CHECK(largest({0.908015954, 0.918477743, 0.932477043, 0.930664305},
                  network.weight("layers.1.running_var").parameter().values()) < 1e-6);

    Run plain = network.run();
    const Tensor outputs = network.sequential.outputs(plain, network.sequential.scores(plain, x));
    CHECK(largest({0.801364388, 0.733197625, 0.821026463, 0.735702767, 0.832928135}, outputs.values()) < 2e-6);
  }
}

TEST_CASE("sequential: gradient of the input through every kind of layer", "[nn]") {
  on_every_table([](GradientCheck& gradients) {
    const std::vector<int64_t> examples = {5, 9, 1, 4, 7, 8};
    gradients.batch = batch_of_rows(examples);
    gradients.training = true;
    Network network({4,
                     {Dense{19, gelu}, Dropout{0.3f}, BatchNorm{.epsilon = 0.1f}, Activate{silu},
                      LayerNorm{.epsilon = 0.1f}, Dense{3, softmax, true, Initialisation::glorot}}});
    const Tensor x = gradients.input(6, 4);
    gradients.run([&](Run& run) { return network.sequential.scores(run, x); });
  });
}

TEST_CASE("Dropout follows the example, not its place in the batch", "[nn]") {
  Network network({8, {Dropout{0.5f}, Activate{identity}}});
  const auto drop = [&](std::vector<int64_t> examples) {
    network.batch = batch_of_rows(examples);
    Run run = network.run();
    run.training = true;
    Tensor x = run.tensor(int(examples.size()), 8);
    for (float& value : x.values()) value = 1;
    const Tensor y = network.sequential.scores(run, x);
    return std::vector<float>(y.values().begin(), y.values().begin() + 8);
  };
  CHECK(drop({3}) == drop({3, 2}));
  CHECK(drop({3}) != drop({2, 3}));
}

TEST_CASE("The first values are within their bounds, by the seed", "[nn]") {
  const SequentialConfig config = {100, {Dense{50}, BatchNorm{}, Dense{10, identity, true, Initialisation::glorot}}};
  Network network(config, "", 1), same(config, "", 1), other(config, "", 2);
  const auto values = [](const Network& of, const std::string& name) {
    const Tensor tensor = of.weight(name).values(of.lane, *of.memory);
    return std::vector<float>(tensor.values().begin(), tensor.values().end());
  };
  const auto range = [&](const std::string& name) {
    const std::vector<float> all = values(network, name);
    return std::pair(*std::min_element(all.begin(), all.end()), *std::max_element(all.begin(), all.end()));
  };
  CHECK(range("layers.0.weight").first == Approx(-0.1).epsilon(0.01));
  CHECK(range("layers.0.weight").second == Approx(0.1).epsilon(0.01));
  CHECK(range("layers.0.bias").second == Approx(0.1).epsilon(0.1));
  CHECK(range("layers.2.weight").second == Approx(std::sqrt(6.0 / 60)).epsilon(0.02));
  CHECK(range("layers.2.bias").second == 0);
  CHECK(range("layers.1.weight").first == 1);
  CHECK(range("layers.1.running_var").first == 1);
  CHECK(range("layers.1.running_mean").second == 0);
  CHECK(values(network, "layers.0.weight") == values(same, "layers.0.weight"));
  CHECK(values(network, "layers.0.weight") != values(other, "layers.0.weight"));
}

TEST_CASE("Probabilities of several classes sum to 1", "[nn]") {
  Network network({2, {Dense{3, softmax}}});
  CHECK(network.sequential.link() == softmax);
  CHECK(network.sequential.width() == 3);
  Run run = network.run();
  Tensor scores = run.tensor(1, 3);
  const float values[] = {1000, 1000, 0};
  std::copy_n(values, 3, scores.values().begin());
  CHECK(largest({0.5, 0.5, 0}, network.sequential.outputs(run, scores).values()) < 1e-6);
}

TEST_CASE("A description is written and read", "[nn]") {
  const SequentialConfig config = {7,
                                   {Dense{5, relu, false, Initialisation::glorot}, Dropout{0.25f},
                                    BatchNorm{0.5f, 0.25f}, LayerNorm{0.5f}, Activate{gelu_tanh}, Dense{1, sigmoid}}};
  const Json json = sequential_json(config);
  CHECK(sequential_json(read_sequential(JsonObject(json, "config.json"))) == json);
  const auto refused = [](const Json& changed) {
    return refusal([&] { read_sequential(JsonObject(changed, "config.json")); });
  };
  const auto wrong = [&](size_t layer, const char* field, const Json& value) {
    Json changed = json;
    changed["layers"][layer][field] = value;
    return refused(changed);
  };
  CHECK(wrong(0, "kind", "conv") ==
        "config.json: layer 1: \"kind\" is \"conv\", expected dense, dropout, "
        "batch_norm, layer_norm or activation");
  CHECK(wrong(0, "units", 0) == "config.json: layer 1: \"units\" is 0, expected 1 to 16777216");
  CHECK(wrong(1, "rate", 1) == "config.json: layer 2: Dropout: rate is 1, expected 0 to below 1");
  CHECK(wrong(0, "activation", "softmax") == "config.json: layer 1: softmax, expected in the last layer only");
  CHECK(refused({{"features", 7}, {"layers", 1}}) == "config.json: \"layers\" is missing, expected an array");
}

TEST_CASE("A wrong description or input is refused", "[nn]") {
  CHECK(refusal<ArgumentError>([] { Network({3, {}}); }) == "sequential: there is no layer");
  CHECK(refusal<ArgumentError>([] { Network({0, {Dense{1}}}); }) == "sequential: 0 features, expected 1 to 16777216");
  CHECK(refusal<ArgumentError>([] {
          Network({3, {Dense{}}});
        }) == "layer 1: Dense: units is 0, expected 1 to 16777216");
  Network network(small());
  Run run = network.run();
  CHECK(refusal<ArgumentError>([&] { network.sequential.scores(run, run.tensor(1, 2)); }) ==
        "sequential: rows of 2 features, expected 3");
}

}  // namespace graft
