// SPDX-License-Identifier: Apache-2.0
//
// Gradients of the losses; their values are compared with goldens/losses by the program.
#include "ops/losses.hpp"

#include <catch2/catch.hpp>

#include "support/check_gradient.hpp"

namespace graft {

TEST_CASE("losses of classes: gradients of the logits", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor logits = gradients.input(4, 7), teacher = GradientCheck("").input(4, 7);
    const std::vector<int32_t> targets = {3, kIgnored, 0, 6};
    const std::vector<float> weights = {1, 0.5f, 2, 0.25f};
    gradients.run([&](Run& run) { return cross_entropy(run, logits, targets, weights); });
    gradients.run([&](Run& run) { return cross_entropy(run, logits, targets, weights, 0.2f); });
    gradients.run([&](Run& run) { return focal(run, logits, targets, weights, 2); });
    gradients.run([&](Run& run) { return focal(run, logits, targets, weights, 0.5f); });
    gradients.run([&](Run& run) { return z_loss(run, logits, weights); });
    gradients.run([&](Run& run) { return distillation(run, logits, teacher, weights, 2); });
    gradients.run([&](Run& run) {
      return add(run, scaled(run, cross_entropy(run, logits, targets, weights), 0.3f), z_loss(run, logits, weights));
    });
  });
}

TEST_CASE("focal without a focus is the cross-entropy, also where nothing is missed", "[ops]") {
  GradientCheck gradients("");
  const Tensor logits = gradients.input(1, 3);
  logits.values()[0] = 100;
  const std::vector<int32_t> targets = {0};
  const std::vector<float> weights = {1};
  gradients.run([&](Run& run) { return focal(run, logits, targets, weights, 0); });
  gradients.run([&](Run& run) { return focal(run, logits, targets, weights, 0.5f); });
}

TEST_CASE("losses of values: gradients", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(4, 2);
    const std::vector<float> targets = {1, 0, 0.3f, 1, 1, 0, 0, 0.5f}, labels = {1, 0, 0, 1, 1, 0, 0, 1};
    const std::vector<float> weights = {1, 0.5f, 2, 0.25f, 0, 1, 1, 3};
    gradients.run([&](Run& run) { return binary_cross_entropy(run, x, targets, weights); });
    gradients.run([&](Run& run) { return binary_focal(run, x, labels, weights, 2); });
    gradients.run([&](Run& run) { return squared_error(run, x, targets, weights); });
    gradients.run([&](Run& run) { return absolute_error(run, x, targets, weights); });
    gradients.run([&](Run& run) { return huber(run, x, targets, weights, 0.4f); });
  });
}

TEST_CASE("contrastive and similarities: gradients of both sides", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor a = gradients.input(4, 5), b = gradients.input(4, 5);
    gradients.run([&](Run& run) { return contrastive(run, a, b, 0.5f); });
    gradients.run([&](Run& run) { return similarities(run, a, b); });
  });
}

TEST_CASE("losses name what does not fit", "[ops]") {
  GradientCheck gradients("");
  const Tensor x = gradients.input(2, 3);
  const std::vector<float> weights = {1, 1};
  const auto lose = [&](const std::vector<int32_t>& targets) {
    gradients.run([&](Run& run) { return cross_entropy(run, x, targets, weights); });
  };
  CHECK_THROWS_WITH(lose({0}), "cross_entropy: found 1 targets, expected 2");
  CHECK_THROWS_WITH(lose({0, 3}), "cross_entropy: target 3, expected 0 to 2 or -100");
  CHECK_THROWS_WITH(gradients.run([&](Run& run) { return squared_error(run, x, weights, weights); }),
                    "squared_error: found 2 targets, expected 6");
}

}  // namespace graft
