// SPDX-License-Identifier: Apache-2.0
//
// Gradients of operations against central finite differences.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "ops/ops.hpp"
#include "support/tested_kernels.hpp"

namespace graft {

// A place where operations run in f32 on one table of kernels, and the leaves whose gradients are checked.
class GradientCheck {
 public:
  explicit GradientCheck(const std::string& kernels)
      : lane_(Backend::create({.kernels = kernels, .threads = 2})), memory_(Memory::create(lane_.backend())) {}

  // Sequences of these lengths, with tokens below `vocabulary`.
  void set_batch(std::initializer_list<int> lengths, int vocabulary = 7) {
    batch = Batch();
    int64_t example = 0;
    for (const int length : lengths) {
      std::vector<int32_t> tokens;
      for (int i = 0; i < length; ++i) tokens.push_back(int32_t((batch.rows() + i) * 5 % vocabulary));
      batch.add(tokens, 0, example++);
    }
  }

  // A watched input full of noise.
  Tensor input(int rows, int cols) {
    const Tensor x = noise(rows, cols);
    leaves_.push_back(x);
    return x;
  }
  // A watched parameter full of noise.
  const Weight& weight(Weight::Kind kind, int rows, int cols) {
    weights_.push_back(std::make_unique<Weight>(kind, "weight", rows, cols, int(weights_.size())));
    Weight& weight = *weights_.back();
    weight.create(memory_);
    fill(weight.parameter());
    leaves_.push_back(weight.parameter());
    return weight;
  }
  const Weight& matrix(int rows, int cols) { return weight(Weight::Kind::matrix, rows, cols); }
  const Weight& vector(int cols) { return weight(Weight::Kind::vector, 1, cols); }

  // Every gradient of Σ d · y, for the y of the function and a fixed random d (1 for a single value). The function is
  // called anew for each difference and must not keep its results.
  void run(const std::function<Tensor(Run&)>& function) {
    Gradients gradients(memory_);
    for (const Tensor& leaf : leaves_) gradients.watch(leaf);
    Tape tape(gradients, memory_, lane_);
    Run recorded = plain_run();
    recorded.tape = &tape;
    const Tensor y = function(recorded);
    const Tensor direction = y.size() == 1 ? Tensor::zeros(*memory_, 1, 1) : noise(y.rows(), y.cols());
    if (y.size() == 1) direction.value() = 1;
    REQUIRE(tape.watches(y));
    // The tape may take the gradient over, and write to it.
    Tensor upstream(*memory_, y.rows(), y.cols());
    upstream.assign(direction);
    tape.backward(y, upstream);

    for (size_t i = 0; i < leaves_.size(); ++i) {
      REQUIRE(gradients.reached(leaves_[i]));
      compare(leaves_[i], gradients.of(leaves_[i]), direction, function, i);
    }
  }

  Batch batch;
  bool training = false;
  std::vector<EditedRows> edits;

 private:
  Run plain_run() {
    Run run{lane_, memory_, batch};
    run.precision = Precision::f32;
    run.edits = edits;
    run.training = training;
    run.seed = 11;
    run.step = 3;
    return run;
  }

  void fill(const Tensor& x) {
    std::normal_distribution<float> normal(0, 0.7f);
    for (float& value : x.values()) value = normal(random_);
  }
  Tensor noise(int rows, int cols) {
    Tensor x(*memory_, rows, cols);
    fill(x);
    return x;
  }

  double loss(const Tensor& direction, const std::function<Tensor(Run&)>& function) {
    Run run = plain_run();
    const Tensor y = function(run);
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) sum += double(direction.values()[i]) * y.values()[i];
    return sum;
  }

  // The step balances the curvature, which grows with its square, and the rounding of floats, divided by it.
  void compare(const Tensor& leaf, const Tensor& gradient, const Tensor& direction,
               const std::function<Tensor(Run&)>& function, size_t number) {
    constexpr float kStep = 1e-2f;
    double worst = 0, most = 1;
    for (size_t i = 0; i < leaf.size(); i += stride_) {
      float& value = leaf.values()[i];
      const float original = value;
      value = original + kStep;
      const double above = value, up = loss(direction, function);
      value = original - kStep;
      const double down = loss(direction, function), slope = (up - down) / (above - value);
      value = original;
      worst = std::max(worst, std::abs(slope - gradient.values()[i]));
      most = std::max(most, std::abs(slope));
    }
    INFO("leaf " << number);
    CHECK(worst <= 2e-3 * most);
  }

  Lane lane_;
  std::shared_ptr<Memory> memory_;
  std::mt19937 random_{17};
  // An emulated GPU is slow: it checks every fifth value.
  size_t stride_ = lane_.backend().queue() ? 5 : 1;
  std::vector<std::unique_ptr<Weight>> weights_;
  std::vector<Tensor> leaves_;
};

// Runs the check on each table that this processor has.
template <class Check>
void on_every_table(const Check& check) {
  for (const std::string& table : tested_kernels()) {
    INFO(table);
    GradientCheck gradients(table);
    gradients.set_batch({5, 1, 3});
    check(gradients);
  }
}

}  // namespace graft
