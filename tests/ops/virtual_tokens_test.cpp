// SPDX-License-Identifier: Apache-2.0
//
// Prompts and prefixes in batches of which some sequences have one: gradients, on every table.
#include "ops/virtual_tokens.hpp"

#include "support/check_gradient.hpp"

namespace graft {
namespace {

// Sequences of 3, 2 and 4 tokens, of which the first and the last have edits of their own.
void set_batch(GradientCheck& gradients, const Edits& first, const Edits& last) {
  gradients.batch = Batch();
  const std::vector<int32_t> tokens = {1, 2, 3, 4};
  const auto add = [&](size_t length, const Edits* edits) {
    const int begin = gradients.batch.rows();
    gradients.batch.add({tokens.data(), length}, 0, 0, {}, edits);
    if (edits) gradients.edits.push_back({begin, gradients.batch.rows() - begin, edits});
  };
  add(3, &first);
  add(2, nullptr);
  add(4, &last);
}

}  // namespace

TEST_CASE("with_prompts: gradients of the tokens' rows and of two prompts", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Edits first{.prompt = gradients.input(2, 6)}, last{.prompt = gradients.input(3, 6)};
    set_batch(gradients, first, last);
    const std::vector<int32_t> tokens = {-1, -2, 1, 2, 3, 1, 2, -1, -2, -3, 1, 2, 3, 4};
    CHECK(gradients.batch.tokens == tokens);
    CHECK(gradients.batch.text_begin(2) == 10);
    const Tensor x = gradients.input(14, 6);
    gradients.run([&](Run& run) { return with_prompts(run, x); });
  });
}

TEST_CASE("attention: gradients behind prefixes, causal and not", "[ops]") {
  const bool causal = GENERATE(true, false);
  on_every_table([causal](GradientCheck& gradients) {
    const AttentionShape shape{.heads = 2, .kv_heads = 1, .head_width = 8, .scale = 0.3f, .causal = causal};
    const Edits first{.prefix = gradients.input(2, 2 * 2 * 8)}, last{.prefix = gradients.input(3, 2 * 2 * 8)};
    set_batch(gradients, first, last);
    CHECK(gradients.batch.positions == std::vector<int32_t>{2, 3, 4, 0, 1, 3, 4, 5, 6});
    const Tensor q = gradients.input(9, 16), k = gradients.input(9, 8), v = gradients.input(9, 8);
    gradients.run([&](Run& run) {
      return add(run, attention(run, shape, q, k, v, {.layer = 0}), attention(run, shape, q, k, v, {.layer = 1}));
    });
  });
}

}  // namespace graft
