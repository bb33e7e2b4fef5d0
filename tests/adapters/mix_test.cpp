// SPDX-License-Identifier: Apache-2.0
#include "adapters/mix.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "support/goldens.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

std::unique_ptr<Trunk> load() {
  return load_trunk(Checkpoint::open(golden_path("models/llama-gqa"), FileAccess::map),
                    Backend::create({.threads = 2}));
}

// One matrix, every value of a factor the same but for a first one.
std::unique_ptr<Lora> adapter(const Trunk& trunk, float down, float up, int rank = 2) {
  std::unique_ptr<Lora> lora =
      Lora::create(trunk, {.targets = {.modules = {"layers.0.self_attn.q_proj"}}, .rank = rank, .alpha = 8}, 1);
  const std::vector<AdapterTensor> tensors = lora->trainable();
  for (float& value : tensors[0].value.values()) value = down;
  for (float& value : tensors[1].value.values()) value = up;
  tensors[0].value.values()[0] = 10 * down;
  return lora;
}

LowRank pair_of(const Method& method) { return method.edits().sites[size_t(method.targets()[0].site)].low_rank; }

// The value of scale · up · down that stands in the first row.
float update(const Method& method, int col) {
  const LowRank pair = pair_of(method);
  float sum = 0;
  for (int k = 0; k < pair.down.rows(); ++k) sum += pair.up.row(0)[size_t(k)] * pair.down.row(k)[size_t(col)];
  return pair.scale * sum;
}

}  // namespace

TEST_CASE("Mixed adapters: factors are summed by the roots of weights, or updates by the weights", "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load();
  const std::unique_ptr<Lora> a = adapter(*trunk, 0.5f, 0.25f), b = adapter(*trunk, -1, 0.5f),
                              c = adapter(*trunk, 1, 1, 4);
  const Method* const two[] = {a.get(), b.get()};
  // Both scales are 4.
  const float root_a = std::sqrt(4 * 0.7f), root_b = std::sqrt(4 * 0.3f);
  const std::unique_ptr<Lora> linear = mix(two, {.weights = {0.7f, -0.3f}}, *trunk);
  CHECK(pair_of(*linear).down.row(0)[1] == Approx(root_a * 0.5f + root_b));
  CHECK(pair_of(*linear).up.row(0)[0] == Approx(root_a * 0.25f + root_b * 0.5f));
  CHECK(pair_of(*linear).scale == 1);

  const Method* const unlike[] = {a.get(), c.get()};
  const std::unique_ptr<Lora> joined = mix(unlike, {.mixing = Mixing::concatenation, .weights = {0.7f, -0.3f}}, *trunk);
  CHECK(pair_of(*joined).down.rows() == 6);
  CHECK(update(*joined, 1) == Approx(0.7f * update(*a, 1) - 0.3f * update(*c, 1)));
  CHECK(refusal<ArgumentError>([&] { mix(unlike, {}, *trunk); }) ==
        "mix_adapters: the ranks at model.layers.0.self_attn.q_proj are 2 and 4, expected the same ones, or a "
        "concatenation");
}

TEST_CASE("TIES keeps the largest values of the heavier sign; DARE drops at random, the same for a seed",
          "[adapters]") {
  const std::unique_ptr<Trunk> trunk = load();
  const std::unique_ptr<Lora> a = adapter(*trunk, 0.5f, 0.25f), b = adapter(*trunk, -1, 0.5f);
  const Method* const two[] = {a.get(), b.get()};
  const std::unique_ptr<Lora> ties = mix(two, {.mixing = Mixing::ties}, *trunk);
  const LowRank pair = pair_of(*ties);
  CHECK(pair.down.values()[0] == Approx(-2 * 10));
  CHECK(pair.down.values()[1] == Approx(-2));
  CHECK(pair.down.values()[pair.down.size() - 1] == 0);
  CHECK(pair.up.values()[0] == Approx(2 * (0.25f + 0.5f) / 2));

  const auto dare = [&](uint64_t seed) {
    const Tensor down = pair_of(*mix({two, 1}, {.mixing = Mixing::dare, .density = 0.25f, .seed = seed}, *trunk)).down;
    return std::vector<float>(down.values().begin(), down.values().end());
  };
  const std::vector<float> values = dare(3);
  const auto kept = std::count(values.begin() + 1, values.end(), 2 * 0.5f / 0.25f);
  CHECK(kept > int64_t(values.size()) / 8);
  CHECK(kept + std::count(values.begin() + 1, values.end(), 0.0f) == int64_t(values.size()) - 1);
  CHECK(dare(3) == values);
  CHECK(dare(4) != values);
}

}  // namespace graft
