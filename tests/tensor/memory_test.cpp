// SPDX-License-Identifier: Apache-2.0
#include "tensor/memory.hpp"

#include <catch2/catch.hpp>

#include "graft/error.hpp"

namespace graft {

TEST_CASE("Freed blocks are given out again, also for smaller needs", "[tensor]") {
  const auto memory = Memory::create_on_host();
  const float* first = memory->allocate(1 << 20).get();
  CHECK(memory->allocate(1 << 20).get() == first);
  CHECK(memory->allocate(700'000).get() == first);
  CHECK(memory->peak_bytes() == sizeof(float) << 20);
}

TEST_CASE("A new block takes the place of cached ones that are too small", "[tensor]") {
  const auto memory = Memory::create_on_host();
  { const auto a = memory->allocate(1000), b = memory->allocate(1000); }
  memory->allocate(4000);
  CHECK(memory->peak_bytes() <= 5000 * sizeof(float));
}

TEST_CASE("A budget is an error before the system is asked", "[tensor]") {
  const auto memory = Memory::create_on_host(1 << 20);
  const auto held = memory->allocate(100'000);
  CHECK_THROWS_AS(memory->allocate(200'000), ResourceError);
  CHECK(memory->used_bytes() >= 400'000);
  CHECK_NOTHROW(memory->allocate(100'000));
}

}  // namespace graft
