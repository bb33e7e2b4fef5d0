// SPDX-License-Identifier: Apache-2.0
#include "tensor/tape.hpp"

#include <catch2/catch.hpp>

namespace graft {
namespace {

struct Place {
  Lane lane{Backend::create({.kernels = "cpu/baseline", .threads = 1})};
  std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  Gradients gradients{memory};
  Tape tape{gradients, memory, lane};

  Tensor output(bool rounds) {
    const Tensor y(*memory, 2, 3);
    tape.record(
        {y.identity()}, [](Tape&) {}, rounds);
    return y;
  }
};

void fill(const GradientSum& sum, float value) {
  for (int i = 0; i < 6; ++i) sum.data ? sum.data[i] = value : sum.halves[i] = 0x3fc0;  // 1.5
}

}  // namespace

TEST_CASE("A gradient is bf16 where the step that takes it rounds, and one that can write bf16 is the first",
          "[tensor]") {
  Place at;
  const Tensor y = at.output(true), z = at.output(false);
  const GradientSum dy = at.tape.rounded_sum(y.identity()), dz = at.tape.rounded_sum(z.identity());
  CHECK((dy && dy.halves && !dy.data && dy.is_unset));
  CHECK((dz && dz.data && !dz.halves && dz.is_unset));
  fill(dy, 1.5f);
  CHECK(at.tape.upstream(y.identity()).dtype() == Dtype::bf16);

  SECTION("and is widened for a step that adds to it") {
    const GradientSum more = at.tape.sum(y);
    REQUIRE(more.data);
    CHECK(!more.is_unset);
    for (int i = 0; i < 6; ++i) CHECK(more.data[i] == 1.5f);
    CHECK(at.tape.rounded_sum(y.identity()).data == more.data);
  }
  SECTION("or brings a whole tensor") {
    Tensor whole(*at.memory, 2, 3);
    fill({whole.data()}, 2);
    at.tape.add_gradient(y.identity(), whole);
    for (const float value : at.tape.upstream(y.identity()).values()) CHECK(value == 3.5f);
  }
}

TEST_CASE("A gradient that is floats already stays so", "[tensor]") {
  Place at;
  const Tensor y = at.output(true);
  fill(at.tape.sum(y), 2);
  const GradientSum dy = at.tape.rounded_sum(y.identity());
  CHECK((dy.data && !dy.is_unset));
}

}  // namespace graft
