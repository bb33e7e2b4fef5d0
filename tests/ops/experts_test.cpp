// SPDX-License-Identifier: Apache-2.0
#include "ops/experts.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "support/check_gradient.hpp"
#include "tensor/rows_run.hpp"

namespace graft {
namespace {

constexpr int kRows = 6, kExperts = 4;

// Expert e is the matrix experts[e].
Tensor mixture(Run& run, const Tensor& x, const Routing& routing, const std::vector<Projection>& experts) {
  std::vector<RoutedRows> parts;
  for (size_t e = 0; e < experts.size(); ++e) parts.push_back({routing.experts[e], {&experts[e], 1}});
  const std::shared_ptr<Run> routed = run_on_rows(run, routing.rows);
  return combine(run, routing, linear(*routed, gather_rows(run, x, routing.rows), parts)[0]);
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
  CHECK(routing.rows == std::vector<int32_t>{1, 2, 1, 0, 2, 0});
  CHECK(routing.places == std::vector<int32_t>{5, 3, 0, 2, 1, 4});
  std::vector<int> counts;
  for (const RowSpan& range : routing.experts) {
    CHECK(range.first == std::accumulate(counts.begin(), counts.end(), 0));
    counts.push_back(range.rows);
  }
  CHECK(counts == std::vector<int>{2, 1, 2, 1});
  CHECK(routing.probabilities.values()[3] == Approx(0.6439143));
  CHECK(routing.weights.values()[0] == Approx(normalized ? 0.7310586 : 0.6439143));
  CHECK(routing.weights.values()[2] == Approx(normalized ? 0.5 : 0.25));
}

TEST_CASE("experts: gradients of the router and of what the experts give", "[ops]") {
  const bool normalized = GENERATE(false, true);
  const int used = GENERATE(1, 2, 4);
  if (normalized && used == 1) return;  // constant weights
  on_every_table([&](GradientCheck& gradients) {
    gradients.set_batch({kRows});
    const Tensor logits = gradients.input(kRows, kExperts), x = gradients.input(kRows, 5);
    for (int row = 0; row < kRows; ++row)
      logits.values()[size_t(row) * kExperts + row % kExperts] += 3;  // all have rows
    std::vector<Projection> experts;
    for (int e = 0; e < kExperts; ++e) experts.push_back({&gradients.matrix(5, 5), &gradients.vector(5), e});
    const Tensor down = gradients.input(2, 5), up = gradients.input(5, 2);
    const Edits edits{.sites = {{}, {.low_rank = {down, up, 0.5f}}, {.low_rank = {down, up, 2}}, {}}};
    gradients.edits = {{1, 4, &edits}};
    gradients.run([&](Run& run) { return mixture(run, x, route(run, logits, used, normalized), experts); });
  });
}

TEST_CASE("an expert with all rows is as if it stood alone, also with gains of its input", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    gradients.set_batch({kRows});
    const Tensor logits = gradients.input(kRows, kExperts), x = gradients.input(kRows, 5), gain = gradients.input(1, 5);
    for (int row = 0; row < kRows; ++row) logits.values()[size_t(row) * kExperts] = 50;
    const Projection expert{&gradients.matrix(5, 5), nullptr, 0};
    const std::vector<Projection> experts(kExperts, expert);
    const Edits edits{.sites = {{.input_gain = gain}}};
    gradients.edits = {{1, 4, &edits}};
    gradients.run([&](Run& run) {
      const Tensor y = mixture(run, x, route(run, logits, 1, true), experts), alone = linear(run, x, {&expert, 1})[0];
      for (size_t i = 0; i < y.size(); ++i) CHECK(y.values()[i] == Approx(alone.values()[i]).margin(1e-6));
      return y;
    });
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
          taken += double(layer.experts[e].rows) / (2 * kRows);
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
