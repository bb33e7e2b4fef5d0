// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/check_gradient.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

const AttentionShape kShape = {.heads = 2, .kv_heads = 2, .head_width = 3, .scale = 0.3f, .causal = false};

}  // namespace

TEST_CASE("disentangled_bias: the rows of distances are those that published weights were trained with", "[ops]") {
  const int distances[] = {-299, -200, -127, -100, -64, -40, -20, -17, -16, -15, -1,  0,  1,
                           15,   16,   17,   18,   20,  33,  64,  100, 126, 127, 128, 299};
  const int rows[] = {0, 0, 1, 2, 5, 9, 14, 15, 16, 17, 31, 32, 33, 47, 48, 49, 49, 50, 54, 59, 62, 63, 63, 63, 63};
  for (const std::string& table : tested_kernels()) {
    INFO(table);
    const Lane lane(Backend::create({.kernels = table}));
    const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
    Batch batch;
    batch.add(std::vector<int32_t>(300, 1));
    Run run{lane, memory, batch};
    const Tensor ones(*memory, 300, 1), numbers(*memory, 64, 1);
    for (float& x : ones.values()) x = 1;
    for (int i = 0; i < 64; ++i) numbers.values()[i] = float(i);
    for (const bool of_query : {true, false}) {
      const Tensor block = disentangled_bias(run, {1, 1, 1}, ones, ones, of_query ? Tensor() : numbers,
                                             of_query ? numbers : Tensor(), {32, 32, 128, of_query, !of_query})
                               .values;
      for (size_t n = 0; n < std::size(distances); ++n) {
        const int query = std::max(0, distances[n]), key = query - distances[n];
        CHECK(block.values()[query * 300 + key] == Approx(rows[n] / std::sqrt(2.0)));
      }
    }
  }
}

TEST_CASE("disentangled_bias: scores of several sequences and heads agree with their definition", "[ops]") {
  const Lane lane(Backend::create({.threads = 2}));
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  Batch batch;
  for (const int length : {70, 1, 9}) batch.add(std::vector<int32_t>(length, 1));
  Run run{lane, memory, batch};
  run.precision = Precision::f32;
  std::mt19937 random(5);
  const auto noise = [&](int rows) {
    Tensor x(*memory, rows, 6);
    for (float& value : x.values()) value = std::normal_distribution<float>()(random);
    return x;
  };
  const Tensor q = noise(80), k = noise(80), pos_query = noise(32), pos_key = noise(32);
  const Tensor block = disentangled_bias(run, kShape, q, k, pos_query, pos_key, {.span = 16}).values;
  const auto product = [](const Tensor& a, int row, const Tensor& b, int other, int head) {
    double sum = 0;
    for (int d = head * 3; d < head * 3 + 3; ++d) sum += double(a.values()[row * 6 + d]) * b.values()[other * 6 + d];
    return sum;
  };
  const float* found = block.data();
  double worst = 0;
  for (int s = 0; s < 3; ++s)
    for (int head = 0; head < 2; ++head)
      for (int i = 0; i < batch.length(s); ++i)
        for (int j = 0; j < batch.length(s); ++j) {
          const int row = std::clamp(i - j + 16, 0, 31);
          const double expected = (product(q, batch.offsets[s] + i, pos_key, row, head) +
                                   product(k, batch.offsets[s] + j, pos_query, row, head)) /
                                  3;
          worst = std::max(worst, std::abs(*found++ - expected));
        }
  CHECK(worst < 1e-5);
  CHECK(found == block.data() + block.size());
}

TEST_CASE("disentangled_bias: gradients of all four through attention, and of one side alone", "[ops]") {
  const auto [c2p, p2c] = GENERATE(std::pair{true, true}, std::pair{true, false}, std::pair{false, true});
  INFO((c2p ? "c2p " : "") << (p2c ? "p2c" : ""));
  for (const std::string& table : tested_kernels()) {
    INFO(table);
    GradientCheck gradients(table);
    gradients.set_batch({11, 1, 3});
    const Tensor q = gradients.input(15, 6), k = gradients.input(15, 6), v = gradients.input(15, 6);
    const Tensor pos_query = p2c ? gradients.input(8, 6) : Tensor(), pos_key = c2p ? gradients.input(8, 6) : Tensor();
    const Disentangled at = {4, 4, 9, c2p, p2c};
    gradients.run([&](Run& run) {
      return attention(run, kShape, q, k, v, {.bias = disentangled_bias(run, kShape, q, k, pos_query, pos_key, at)});
    });
  }
}

TEST_CASE("disentangled_bias: positions of another size are refused", "[ops]") {
  const Lane lane(Backend::create({}));
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  Batch batch;
  batch.add(std::vector<int32_t>(2, 1));
  Run run{lane, memory, batch};
  const Tensor x(*memory, 2, 6), positions(*memory, 8, 6);
  CHECK(refusal<ArgumentError>([&] { disentangled_bias(run, kShape, x, x, positions, Tensor(), {.span = 4}); }) ==
        "disentangled_bias: pos_key is 0 x 0, expected 8 x 6");
  CHECK(refusal<ArgumentError>([&] {
          disentangled_bias(run, kShape, x, x, positions, positions, {4, 32, 17});
        }) == "disentangled_bias: a span of 4, 32 buckets of distances up to 17");
}

}  // namespace graft
