// SPDX-License-Identifier: Apache-2.0
#include "ops/batch_norm.hpp"

#include <catch2/catch.hpp>

#include "support/check_gradient.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

// Vectors that nobody watches.
struct Moments {
  explicit Moments(const std::string& table, int cols) : frozen(table) {
    moments = {&frozen.vector(cols), &frozen.vector(cols), 0.1f};
    for (float& value : moments.variance->parameter().values()) value = 0.5f + value * value;
  }
  GradientCheck frozen;
  RunningMoments moments;
};

}  // namespace

TEST_CASE("batch_norm: gradients with the moments of the batch and with running ones", "[ops]") {
  for (const bool training : {true, false})
    for (const int cols : {3, 70})
      on_every_table([&](GradientCheck& gradients) {
        Moments running("", cols);
        const Tensor x = gradients.input(9, cols);
        const Weight &gain = gradients.vector(cols), &bias = gradients.vector(cols);
        gradients.training = training;
        gradients.run([&](Run& run) { return batch_norm(run, x, gain, bias, running.moments, 0.1f); });
      });
}

TEST_CASE("batch_norm moves its running moments in training passes alone", "[ops]") {
  Moments running("", 2);
  GradientCheck gradients("");
  const Tensor x = gradients.input(4, 2);
  const float values[] = {1, 0, 2, 0, 3, 0, 6, 4};
  std::copy_n(values, 8, x.values().begin());
  const Weight &gain = gradients.vector(2), &bias = gradients.vector(2);
  const std::span<float> mean = running.moments.mean->parameter().values();
  const std::span<float> variance = running.moments.variance->parameter().values();
  std::fill(mean.begin(), mean.end(), 1.0f);
  std::fill(variance.begin(), variance.end(), 1.0f);
  gradients.run([&](Run& run) { return batch_norm(run, x, gain, bias, running.moments, 0.1f); });
  CHECK(mean[0] == 1);
  gradients.training = true;
  gradients.run([&](Run& run) { return batch_norm(run, x, gain, bias, running.moments, 0.1f); });
  CHECK(mean[0] == Approx(0.9 + 0.1 * 3));
  CHECK(mean[1] == Approx(0.9 + 0.1 * 1));
  CHECK(variance[0] == Approx(0.9 + 0.1 * 14 / 3));
  CHECK(variance[1] == Approx(0.9 + 0.1 * 12 / 3));
}

TEST_CASE("batch_norm: columns of one value stay finite, and one row is refused", "[ops]") {
  GradientCheck gradients("");
  Moments running("", 1);
  gradients.training = true;
  const Weight &gain = gradients.vector(1), &bias = gradients.vector(1);
  const Tensor x = gradients.input(3, 1), one = gradients.input(1, 1);
  std::ranges::fill(x.values(), 5.0f);
  const Lane lane(Backend::create({}));
  const Batch none;
  Run run{lane, Memory::create(lane.backend()), none};
  run.training = true;
  CHECK(batch_norm(run, x, gain, bias, running.moments, 1e-5f).values()[0] == bias.vector()[0]);
  CHECK(refusal<ArgumentError>([&] { batch_norm(run, one, gain, bias, running.moments, 1e-5f); }) ==
        "weight: a training batch has 1 rows, expected at least 2");
}

}  // namespace graft
