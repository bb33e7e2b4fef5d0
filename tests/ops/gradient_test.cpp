// SPDX-License-Identifier: Apache-2.0
//
// The gradient of every operation, on every table, against finite differences.
#include <catch2/catch.hpp>

#include "ops/recompute.hpp"
#include "support/check_gradient.hpp"

namespace graft {
namespace {

// Two low-rank edits, of rows 1 to 4 and 6 to 8, which are watched; row 0 and 5 take none.
struct TwoAdapters {
  TwoAdapters(GradientCheck& gradients, int inputs, int outputs, float dropout) {
    for (Edits* edits : {&first, &second})
      for (int site = 0; site < 2; ++site)
        edits->sites.push_back(
            {{gradients.input(3, inputs), gradients.input(outputs, 3), site ? 0.5f : 2.0f, dropout}});
    gradients.edits = {{1, 4, &first}, {6, 3, &second}};
  }
  Edits first, second;
};

}  // namespace

TEST_CASE("linear: gradients of input, weights and biases of a group", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 19);
    const Projection group[] = {{&gradients.matrix(21, 19), &gradients.vector(21)}, {&gradients.matrix(21, 19)}};
    gradients.run([&](Run& run) {
      const std::vector<Tensor> y = linear(run, x, group);
      return gated_activation(run, Activation::silu, y[0], y[1]);
    });
  });
}

TEST_CASE("linear: a projection that nothing flows through is left out", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 8);
    GradientCheck frozen("");
    const Projection group[] = {{&gradients.matrix(5, 8)}, {&frozen.matrix(6, 8)}};
    gradients.run([&](Run& run) { return linear(run, x, group)[0]; });
  });
}

TEST_CASE("linear: gradients of low-rank edits, with and without dropout", "[ops]") {
  const float rate = GENERATE(0.0f, 0.3f);
  on_every_table([rate](GradientCheck& gradients) {
    gradients.training = true;
    const Tensor x = gradients.input(9, 18);
    const Projection group[] = {{&gradients.matrix(17, 18), nullptr, 0}, {&gradients.matrix(17, 18), nullptr, 1}};
    const TwoAdapters adapters(gradients, 18, 17, rate);
    gradients.run([&](Run& run) {
      const std::vector<Tensor> y = linear(run, x, group);
      return add(run, y[0], y[1]);
    });
  });
}

TEST_CASE("embedding: gradient of the table, with tokens that repeat", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Weight& table = gradients.matrix(7, 10);
    gradients.run([&](Run& run) { return embedding(run, table, gradients.batch.tokens); });
  });
}

TEST_CASE("norms: gradients of input, gain and bias, of whole rows and of heads", "[ops]") {
  const int heads = GENERATE(1, 3);
  on_every_table([heads](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 21 * heads);
    const Weight& gain = gradients.vector(21);
    gradients.run([&](Run& run) { return rms_norm(run, x, gain, 1e-5f); });
    gradients.run([&](Run& run) { return rms_norm(run, x, gain, 1e-5f, 1); });
    gradients.run([&](Run& run) { return layer_norm(run, x, gain, nullptr, 1e-5f); });
    const Weight& bias = gradients.vector(21);
    gradients.run([&](Run& run) { return layer_norm(run, x, gain, &bias, 1e-5f); });
  });
}

TEST_CASE("rotary: the gradient turns back, also where only a part of a head turns", "[ops]") {
  const int half = GENERATE(2, 4);
  on_every_table([half](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 3 * 8);
    const std::shared_ptr<Memory> memory = Memory::create_on_host();
    const Tensor frequencies(*memory, 1, half);
    for (int i = 0; i < half; ++i) frequencies.values()[i] = 1 / float(1 + 3 * i);
    gradients.run([&](Run& run) { return rotary(run, x, rotary_table(run, frequencies, 1.1f), 8); });
  });
}

TEST_CASE("attention: gradients of q, k and v of several sequences", "[ops]") {
  const AttentionShape shape =
      GENERATE(AttentionShape{4, 2, 8, 0.4f}, AttentionShape{2, 2, 5, 0.5f}, AttentionShape{6, 1, 8, 0.4f},
               AttentionShape{4, 2, 8, 0.4f, false}, AttentionShape{4, 2, 8, 0.4f, true, 2},
               AttentionShape{4, 2, 8, 0.4f, true, 0, 1.5f});
  INFO(shape.heads << " on " << shape.kv_heads << (shape.causal ? " causal" : "") << ", window " << shape.window
                   << ", cap " << shape.soft_cap);
  on_every_table([&](GradientCheck& gradients) {
    const int width = shape.kv_heads * shape.head_width;
    const Tensor q = gradients.input(9, shape.heads * shape.head_width), k = gradients.input(9, width),
                 v = gradients.input(9, width);
    gradients.run([&](Run& run) { return attention(run, shape, q, k, v, {}); });
  });
}

TEST_CASE("attention: gradients across more keys than a tile holds", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    gradients.set_batch({kAttentionTile + 3, 2});
    const int rows = gradients.batch.rows();
    const Tensor q = gradients.input(rows, 2), k = gradients.input(rows, 2), v = gradients.input(rows, 2);
    gradients.run([&](Run& run) { return attention(run, {1, 1, 2, 0.7f}, q, k, v, {}); });
  });
}

TEST_CASE("gated_activation and add: gradients of both sides", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor a = gradients.input(9, 19), b = gradients.input(9, 19);
    gradients.run([&](Run& run) { return gated_activation(run, Activation::silu, a, b); });
    gradients.run([&](Run& run) { return add(run, a, b); });
    gradients.run([&](Run& run) { return add(run, gated_activation(run, Activation::silu, a, b), add(run, a, b)); });
    gradients.run([&](Run& run) { return add(run, gated_activation(run, Activation::silu, a, a), add(run, b, b)); });
  });
}

TEST_CASE("activation: gradients of every kind", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 19), up = gradients.input(9, 19);
    for (const Activation kind : {Activation::identity, Activation::gelu, Activation::gelu_tanh, Activation::gelu_quick,
                                  Activation::silu, Activation::tanh, Activation::sigmoid})
      gradients.run([&](Run& run) { return gated_activation(run, kind, activation(run, kind, x), up); });
  });
}

TEST_CASE("scaled and soft_cap: gradients", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 19);
    gradients.run([&](Run& run) { return scaled(run, x, 0.7f); });
    gradients.run([&](Run& run) { return add(run, x, soft_cap(run, scaled(run, x, 3), 2)); });
  });
}

TEST_CASE("columns: gradients go back to their blocks", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 24);
    gradients.run([&](Run& run) {
      return add(run, columns(run, x, {4, 3, 8, 3}), columns(run, x, {.first = 2, .width = 9}));
    });
    CHECK_THROWS_WITH(gradients.run([&](Run& run) {
      return columns(run, x, {4, 3, 9, 3});
    }),
                      "columns: 3 blocks of 3 from 4 on in steps of 9, x has 24");
  });
}

TEST_CASE("pooling: gradients of means of sequences, and of directions", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 11);
    gradients.run([&](Run& run) { return mean_rows(run, x); });
    gradients.run([&](Run& run) { return normalized(run, mean_rows(run, x)); });
    gradients.run([&](Run& run) { return normalized(run, x); });
  });
}

TEST_CASE("add_rows: the gradient passes to x alone", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(4, 11), table = GradientCheck("").input(6, 11);
    const std::vector<int32_t> rows = {5, 0, 1, 1};
    gradients.run([&](Run& run) { return add_rows(run, x, table, rows); });
    gradients.run([&](Run& run) { return add(run, add_rows(run, x, table, rows), x); });
    CHECK_THROWS_WITH(gradients.run([&](Run& run) {
      return add_rows(run, x, table, std::vector<int32_t>{0, 6, 1, 1});
    }),
                      "add_rows: row 6, expected 0 to 5");
  });
}

TEST_CASE("dropout: the gradient passes where the values passed", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    gradients.training = true;
    const Tensor x = gradients.input(9, 19);
    gradients.run([&](Run& run) { return dropout(run, x, 0.4f, 2); });
    gradients.run([&](Run& run) { return add(run, dropout(run, x, 0.4f, 2), x); });
  });
}

TEST_CASE("gather_rows: gradients add up where a row is taken twice", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 10);
    const std::vector<int32_t> rows = {8, 0, 3, 3, 1, 3};
    gradients.run([&](Run& run) { return gather_rows(run, x, rows); });
  });
}

TEST_CASE("head_loss: gradients of input, head and bias", "[ops]") {
  const HeadScores scores = GENERATE(HeadScores{}, HeadScores{0.5f}, HeadScores{1.5f, 2});
  const float smoothing = GENERATE(0.0f, 0.2f);
  on_every_table([&](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 12);
    const Projection head{&gradients.matrix(23, 12), &gradients.vector(23)};
    const Targets targets{{0, 2, 3, 8}, {5, 22, 0, 7}, {1, 0.5f, 2, 0.25f}, smoothing};
    gradients.run([&](Run& run) { return head_loss(run, x, head, scores, targets).loss; });
  });
}

TEST_CASE("recompute: the gradients of a block are those of the block kept", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    gradients.training = true;
    const Tensor x = gradients.input(9, 12);
    const Weight& gain = gradients.vector(12);
    const Projection projection{&gradients.matrix(12, 12), nullptr, 0};
    const TwoAdapters adapters(gradients, 12, 12, 0.2f);
    // The second site of the adapters has its turn in a block of its own.
    const Projection other{projection.weight, nullptr, 1};
    const auto block = [&](const Projection& at) {
      return [&gain, at](Run& run, const Tensor& in) {
        const Tensor y = linear(run, rms_norm(run, in, gain, 1e-5f), {&at, 1})[0];
        return add(run, in, gated_activation(run, Activation::silu, y, in));
      };
    };
    gradients.run([&](Run& run) { return recompute(run, recompute(run, x, block(projection)), block(other)); });
  });
}

}  // namespace graft
