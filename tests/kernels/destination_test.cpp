// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>

#include "support/kernel_list.hpp"

namespace graft {
namespace {

// write(stream, y) makes `count` floats; as bf16 they are the same, rounded.
void check_rounded(const Kernels& kernels, int count, const std::function<void(Stream, Destination)>& write) {
  std::vector<float> floats(count, NAN);
  std::vector<uint16_t> halves(count, 0x7fff), expected(count);
  write(TestStream(), Destination(floats.data()));
  write(TestStream(3), Destination(halves.data()));
  kernels.convert(TestStream(), floats.data(), Dtype::bf16, expected.data(), count);
  CHECK(halves == expected);
}

}  // namespace

TEST_CASE("what only products read is written as floats or as bf16", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const auto& [rows, cols] : {std::pair(1, 7), {9, 576}, {70, 65}}) {
      INFO(kernels->name << " rows " << rows << " cols " << cols);
      const int count = rows * cols;
      const std::vector<float> x = noise(count, 1), other = noise(count, 2), gain = noise(cols, 3);
      check_rounded(*kernels, count, [&](Stream s, Destination y) {
        kernels->rms_norm(s, x.data(), gain.data(), y, nullptr, rows, cols, 1e-5f, 0);
      });
      check_rounded(*kernels, count, [&](Stream s, Destination y) {
        kernels->layer_norm(s, x.data(), gain.data(), gain.data(), y, nullptr, nullptr, rows, cols, 1e-5f);
      });
      check_rounded(*kernels, count,
                    [&](Stream s, Destination y) { kernels->activation(s, Activation::gelu, x.data(), y, count); });
      check_rounded(*kernels, count, [&](Stream s, Destination y) {
        kernels->gated_activation(s, Activation::silu, x.data(), other.data(), y, count);
      });
    }
}

TEST_CASE("the gradient of an activation is written as floats or as bf16", "[kernels]") {
  constexpr int kCount = 1037;
  const std::vector<float> x = noise(kCount, 1), up = noise(kCount, 2), dy = noise(kCount, 3);
  for (const Kernels* kernels : kernel_list()) {
    INFO(kernels->name);
    check_rounded(*kernels, kCount, [&](Stream s, Destination dx) {
      kernels->activation_backward(s, Activation::gelu, x.data(), Dtype::f32, dy.data(), GradientSum(dx), kCount);
    });
    check_rounded(*kernels, kCount, [&](Stream s, Destination dgate) {
      kernels->gated_activation_backward(s, Activation::silu, x.data(), up.data(), Dtype::f32, dy.data(),
                                         GradientSum(dgate), nullptr, kCount);
    });
    check_rounded(*kernels, kCount, [&](Stream s, Destination dup) {
      kernels->gated_activation_backward(s, Activation::silu, x.data(), up.data(), Dtype::f32, dy.data(), nullptr,
                                         GradientSum(dup), kCount);
    });
  }
}

TEST_CASE("attention writes its rows as floats or as bf16", "[kernels]") {
  const AttentionShape shape = {.heads = 4, .kv_heads = 2, .head_width = 24, .scale = 0.2f};
  for (const Kernels* kernels : kernel_list())
    for (const auto& [queries, keys] : {std::pair(40, 40), {1, 600}}) {
      INFO(kernels->name << " queries " << queries << " keys " << keys);
      const int width = shape.heads * shape.head_width, kv_width = shape.kv_heads * shape.head_width;
      const std::vector<float> q = noise(queries * width, 1), k = noise(keys * kv_width, 2),
                               v = noise(keys * kv_width, 3);
      const std::vector<KeyValueSpan> span = {{k.data(), v.data(), keys, kv_width}};
      const AttentionSequence sequence = {0, queries, keys, span.data(), 1};
      std::vector<AttentionTile> tiles;
      for (int at = 0; at < queries; at += kAttentionTile) tiles.push_back({0, at});
      check_rounded(*kernels, queries * width, [&](Stream s, Destination y) {
        kernels->attention(s, shape, q.data(), {&sequence, 1, tiles.data(), static_cast<int>(tiles.size())}, y,
                           nullptr);
      });
    }
}

}  // namespace graft
