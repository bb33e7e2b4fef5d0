// SPDX-License-Identifier: Apache-2.0
#include "tensor/shelf.hpp"

#include <catch2/catch.hpp>

namespace graft {

TEST_CASE("Blocks of a shelf lie side by side; those without room are allocated", "[tensor]") {
  const auto memory = Memory::create_on_host();
  Shelf shelf(memory, Shelf::room_for(100) + Shelf::room_for(64));
  const auto first = shelf.take(100), second = shelf.take(64), third = shelf.take(64);
  CHECK(second.get() - first.get() == 32);
  CHECK(reinterpret_cast<uintptr_t>(second.get()) % 64 == 0);
  CHECK(third != nullptr);
  third.get()[15] = 1;
}

TEST_CASE("A shelf's memory returns with the last of its blocks", "[tensor]") {
  const auto memory = Memory::create_on_host();
  std::shared_ptr<float> kept;
  {
    Shelf shelf(memory, 4096);
    kept = shelf.take(64);
    const auto other = shelf.take(64);
  }
  CHECK(memory->used_bytes() >= 4096);
  kept.reset();
  CHECK(memory->used_bytes() == 0);
}

}  // namespace graft
