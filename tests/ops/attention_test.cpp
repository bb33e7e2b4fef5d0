// SPDX-License-Identifier: Apache-2.0
//
// Attention by its place: across batches, with biases of both kinds, and what an observer sees of it.
#include <catch2/catch.hpp>

#include "support/check_gradient.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

Batch batch_of(std::initializer_list<int> lengths) {
  Batch batch;
  for (const int length : lengths) batch.add(std::vector<int32_t>(length, 1));
  return batch;
}

}  // namespace

TEST_CASE("attention: gradients across, where the sequences of keys have lengths of their own", "[ops]") {
  const Batch keys = batch_of({2, 40, 1});
  const AttentionShape shape = {.heads = 4, .kv_heads = 2, .head_width = 3, .scale = 0.5f, .causal = false};
  for (const std::string& table : tested_kernels()) {
    INFO(table);
    GradientCheck gradients(table);
    gradients.set_batch({5, 1, 3});
    const Tensor q = gradients.input(9, 12), k = gradients.input(43, 6), v = gradients.input(43, 6);
    gradients.run([&](Run& run) { return attention(run, shape, q, k, v, {.keys = &keys}); });
  }
}

TEST_CASE("attention: gradients of a bias by distance, which all sequences share", "[ops]") {
  const AttentionShape shape = GENERATE(
      AttentionShape{4, 2, 3, 0.4f, false}, AttentionShape{4, 2, 3, 0.4f, true},
      AttentionShape{4, 2, 3, 0.4f, false, 2}, AttentionShape{4, 2, 3, 0.4f, true, 3, 1.5f},
      AttentionShape{
          .heads = 4, .kv_heads = 2, .head_width = 3, .scale = 0.4f, .causal = false, .dropout = {0.3f, {1, 2, 3}}});
  INFO((shape.causal ? "causal" : "") << ", window " << shape.window << ", cap " << shape.soft_cap);
  for (const std::string& table : tested_kernels()) {
    INFO(table);
    GradientCheck gradients(table);
    gradients.set_batch({5, 1, 3});
    const Tensor q = gradients.input(9, 12), k = gradients.input(9, 6), v = gradients.input(9, 6);
    const ScoreBias bias = {gradients.input(4, 2 * 6 + 1)};
    gradients.run([&](Run& run) { return attention(run, shape, q, k, v, {.bias = bias}); });
  }
}

TEST_CASE("attention: gradients of a bias in blocks, of one's own keys and across", "[ops]") {
  const Batch other = batch_of({2, 4, 1});
  const bool is_across = GENERATE(false, true);
  const AttentionShape shape = {.heads = 2, .kv_heads = 1, .head_width = 3, .scale = 0.5f, .causal = false};
  for (const std::string& table : tested_kernels()) {
    INFO(table << (is_across ? " across" : ""));
    GradientCheck gradients(table);
    gradients.set_batch({5, 1, 3});
    const int rows = is_across ? 7 : 9, scores = is_across ? 5 * 2 + 1 * 4 + 3 * 1 : 25 + 1 + 9;
    const Tensor q = gradients.input(9, 6), k = gradients.input(rows, 3), v = gradients.input(rows, 3);
    const ScoreBias bias = {gradients.input(1, 2 * scores), false};
    gradients.run(
        [&](Run& run) { return attention(run, shape, q, k, v, {.keys = is_across ? &other : nullptr, .bias = bias}); });
  }
}

TEST_CASE("attention: an observer sees the probabilities of the place, biased", "[ops]") {
  const Lane lane(Backend::create({}));
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  const Batch queries = batch_of({2}), keys = batch_of({3});
  const Observer observer = {
      .on_hidden = {},
      .on_attention = [](AttentionKind kind, int layer, int sequence, int heads, int rows, int cols, const float* p) {
        CHECK(kind == AttentionKind::cross);
        CHECK((layer == 7 && sequence == 0 && heads == 1 && rows == 2 && cols == 3));
        const float expected[] = {0.5f, 0.25f, 0.25f, 0.25f, 0.5f, 0.25f};
        for (int i = 0; i < 6; ++i) CHECK(p[i] == Approx(expected[i]));
      }};
  Run run{lane, memory, queries};
  run.observer = &observer;
  const Tensor q = Tensor::zeros(*memory, 2, 1), k = Tensor::zeros(*memory, 3, 1), v = Tensor::zeros(*memory, 3, 1);
  const Tensor block = Tensor::zeros(*memory, 1, 6);
  block.values()[0] = block.values()[4] = std::log(2.0f);
  v.values()[1] = 8;
  const Tensor y = attention(run, {1, 1, 1, 1.0f, false}, q, k, v, {7, &keys, {block, false}, AttentionKind::cross});
  CHECK(y.values()[0] == Approx(2));
  CHECK(y.values()[1] == Approx(4));
}

TEST_CASE("attention: a place that does not fit is refused", "[ops]") {
  const Lane lane(Backend::create({}));
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  const Batch queries = batch_of({2, 3}), other = batch_of({4});
  Run run{lane, memory, queries};
  const Tensor x = Tensor::zeros(*memory, 5, 4);
  const AttentionShape causal = {2, 2, 2};
  AttentionShape open = causal;
  open.causal = false;
  const auto refused = [&](const AttentionShape& shape, const AttentionPlace& place) {
    return refusal<ArgumentError>([&] { attention(run, shape, x, x, x, place); });
  };
  CHECK(refused(causal, {.keys = &queries}) == "attention: across, it is neither causal nor in a window");
  CHECK(refused(open, {.keys = &other}) == "attention: 2 sequences of queries on 1 with 4 rows; k has 5, v 5");
  CHECK(refused(open, {.bias = {Tensor(*memory, 2, 3)}}) ==
        "attention: the bias reaches 1 far, a sequence has 3 queries and 3 keys");
  CHECK(refused(open, {.bias = {Tensor(*memory, 3, 5)}}) == "attention: the bias by distance is 3 x 5 for 2 heads");
  CHECK(refused(open, {.bias = {Tensor(*memory, 1, 25), false}}) == "attention: the bias has 25 values, the scores 26");
}

}  // namespace graft
