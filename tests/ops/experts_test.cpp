// SPDX-License-Identifier: Apache-2.0
#include "ops/experts.hpp"

#include <catch2/catch.hpp>

#include "support/check_gradient.hpp"

namespace graft {
namespace {

constexpr int kRows = 6, kExperts = 4;

// Expert e multiplies its rows by e + 1.
Tensor mixture(Run& run, const Tensor& x, const Routing& routing) {
  std::vector<Tensor> outputs;
  for (size_t e = 0; e < routing.rows.size(); ++e)
    outputs.push_back(scaled(run, gather_rows(run, x, routing.rows[e]), float(e + 1)));
  return combine(run, routing, outputs, x.rows());
}

}  // namespace

TEST_CASE("route sends rows to the most probable experts, equal ones in their order", "[ops]") {
  GradientCheck place("");
  const Tensor logits = place.input(3, kExperts);
  const float values[] = {0, 1, 2, 3, 5, 5, 5, 5, 2, 0, 2, -100};
  std::ranges::copy(values, logits.values().begin());
  const bool normalized = GENERATE(false, true);
  Routing routing;
  place.run([&](Run& run) {
    routing = route(run, logits, 2, normalized);
    return routing.probabilities;
  });
  const std::vector<std::vector<int32_t>> rows = {{1, 2}, {1}, {0, 2}, {0}}, slots = {{2, 4}, {3}, {1, 5}, {0}};
  CHECK(routing.rows == rows);
  CHECK(routing.slots == slots);
  CHECK(routing.probabilities.values()[3] == Approx(0.6439143));
  CHECK(routing.weights.values()[0] == Approx(normalized ? 0.7310586 : 0.6439143));
  CHECK(routing.weights.values()[2] == Approx(normalized ? 0.5 : 0.25));
}

TEST_CASE("experts: gradients of the router and of what the experts give", "[ops]") {
  const bool normalized = GENERATE(false, true);
  const int used = GENERATE(1, 2, 4);
  if (normalized && used == 1) return;  // constant weights
  on_every_table([&](GradientCheck& gradients) {
    const Tensor logits = gradients.input(kRows, kExperts), x = gradients.input(kRows, 5);
    gradients.run([&](Run& run) { return mixture(run, x, route(run, logits, used, normalized)); });
  });
}

TEST_CASE("combine leaves out experts without rows", "[ops]") {
  GradientCheck gradients("");
  const Tensor logits = gradients.input(kRows, kExperts), x = gradients.input(kRows, 5);
  for (int row = 0; row < kRows; ++row) logits.values()[row * kExperts] = 50;
  gradients.run([&](Run& run) {
    const Tensor y = mixture(run, x, route(run, logits, 1, true));
    for (size_t i = 0; i < y.size(); ++i) CHECK(y.values()[i] == x.values()[i]);
    return y;
  });
}

TEST_CASE("balance_loss over layers: its value, and gradients through the probabilities", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor first = gradients.input(kRows, kExperts), second = gradients.input(kRows, kExperts);
    gradients.run([&](Run& run) {
      const std::vector<Routing> layers = {route(run, first, 2, true), route(run, second, 2, true)};
      double expected = 0;
      for (size_t e = 0; e < kExperts; ++e) {
        double taken = 0, probability = 0;
        for (const Routing& layer : layers) {
          taken += double(layer.rows[e].size()) / (2 * kRows);
          for (size_t row = 0; row < kRows; ++row)
            probability += layer.probabilities.values()[row * kExperts + e] / (2 * kRows);
        }
        expected += kExperts * taken * probability;
      }
      const Tensor loss = balance_loss(run, layers);
      CHECK(loss.value() == Approx(expected));
      return loss;
    });
  });
}

}  // namespace graft
