// SPDX-License-Identifier: Apache-2.0
//
// Everything that an adapter may do to a pass, against finite differences, with rows of one batch that differ in it.
#include <catch2/catch.hpp>

#include "graft/error.hpp"
#include "ops/row_parts.hpp"
#include "support/check_gradient.hpp"

namespace graft {
namespace {

// A weight in the place of another, which the check owns.
std::shared_ptr<const Weight> borrowed(const Weight& weight) {
  return {&weight, [](const Weight*) {}};
}

}  // namespace

TEST_CASE("scale_columns: gradients of x, of the gains of some rows, and of what is added", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 21), first = gradients.input(1, 21), second = gradients.input(1, 21);
    const Weight& shift = gradients.vector(21);
    gradients.run([&](Run& run) { return scale_columns(run, x, {{1, 4, first}, {6, 3, second}}, &shift); });
  });
}

TEST_CASE("linear: gradients of gains before and behind the bias, beside low-rank edits", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 18);
    const Projection group[] = {{&gradients.matrix(17, 18), &gradients.vector(17), 0},
                                {&gradients.matrix(17, 18), nullptr, 1}};
    Edits first{.sites = std::vector<SiteEdit>(2)}, second = first;
    first.sites[0] = {.low_rank = {gradients.input(3, 18), gradients.input(17, 3), 0.7f},
                      .output_gain = gradients.input(1, 17)};
    first.sites[1] = {.input_gain = gradients.input(1, 18)};
    second.sites[0] = {.output_gain = gradients.input(1, 17), .gain_of_bias = true};
    gradients.edits = {{1, 4, &first}, {6, 3, &second}};
    gradients.run([&](Run& run) {
      const std::vector<Tensor> y = linear(run, x, group);
      return gated_activation(run, Activation::silu, y[0], y[1]);
    });
  });
}

TEST_CASE("linear and norms: rows take other weights in the place of the trunk's", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 18);
    const Weight &matrix = gradients.matrix(18, 18), &bias = gradients.vector(18), &gain = gradients.vector(18),
                 &own_matrix = gradients.matrix(18, 18), &own_bias = gradients.vector(18),
                 &own_gain = gradients.vector(18), &other_gain = gradients.vector(18);
    const Projection projection{&matrix, &bias, -1};
    const Edits first{.replaced = {{matrix.number(), borrowed(own_matrix)}, {gain.number(), borrowed(own_gain)}}},
        second{.replaced = {{bias.number(), borrowed(own_bias)}, {gain.number(), borrowed(other_gain)}}};
    gradients.edits = {{1, 4, &first}, {6, 3, &second}};
    gradients.run([&](Run& run) { return rms_norm(run, linear(run, x, {&projection, 1})[0], gain, 1e-5f); });
    gradients.edits = {{1, 4, &first}, {6, 2, &second}};
    gradients.run([&](Run& run) { return layer_norm(run, linear(run, x, {&projection, 1})[0], gain, &bias, 1e-5f); });
  });
}

TEST_CASE("embedding: gradients of low-rank edits, and of tables in the place of the trunk's", "[ops]") {
  on_every_table([](GradientCheck& gradients) {
    const Weight &table = gradients.matrix(7, 10), &own = gradients.matrix(7, 10);
    const Edits first{.tables = {{table.number(), {gradients.input(7, 3), gradients.input(10, 3), 0.5f}}}},
        second{.replaced = {{table.number(), borrowed(own)}}};
    gradients.edits = {{1, 4, &first}, {6, 3, &second}};
    gradients.run([&](Run& run) { return embedding(run, table, gradients.batch.tokens); });
    std::vector<int32_t> whole = {0, 1, 2};
    CHECK_THROWS_AS(gradients.run([&](Run& run) { return embedding(run, table, whole); }), UnsupportedError);
  });
}

TEST_CASE("head_loss: gradients of edits of the head, and of a head in the place of the trunk's", "[ops]") {
  const HeadScores scores = GENERATE(HeadScores{}, HeadScores{1.5f, 2});
  on_every_table([&](GradientCheck& gradients) {
    const Tensor x = gradients.input(9, 12);
    const Projection head{&gradients.matrix(23, 12), nullptr, 0};
    const Weight& own = gradients.matrix(23, 12);
    Edits first{.sites = std::vector<SiteEdit>(1)}, second = first;
    first.sites[0].low_rank = {gradients.input(3, 12), gradients.input(23, 3), 0.7f};
    second.replaced = {{head.weight->number(), borrowed(own)}};
    gradients.edits = {{1, 4, &first}, {6, 3, &second}};
    const Targets targets{{0, 2, 3, 8}, {5, 22, 0, 7}, {1, 0.5f, 2, 0.25f}, 0.1f};
    gradients.run([&](Run& run) { return head_loss(run, x, head, scores, targets).loss; });
  });
}

TEST_CASE("weight_of_all: rows that differ are refused by name", "[ops]") {
  GradientCheck gradients("");
  gradients.set_batch({5, 4});
  const Weight &table = gradients.matrix(4, 2), &own = gradients.matrix(4, 2);
  const Edits edits{.replaced = {{table.number(), borrowed(own)}}};
  gradients.edits = {{0, 5, &edits}};
  CHECK_THROWS_WITH(gradients.run([&](Run& run) { return weight_of_all(run, table).parameter(); }),
                    "unsupported: adapters that differ in weight in one batch");
}

}  // namespace graft
