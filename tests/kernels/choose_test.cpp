// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "support/kernel_list.hpp"

namespace graft {

TEST_CASE("tables are named, and complete", "[kernels]") {
  REQUIRE(!kernel_list().empty());
  CHECK(kernel_list().front()->name == std::string("cpu/baseline"));
  for (const Kernels* kernels : kernel_list()) {
    CHECK(std::string(kernels->name).starts_with("cpu/"));
    void* entries[sizeof(Kernels) / sizeof(void*)];
    std::memcpy(entries, static_cast<const void*>(kernels), sizeof(Kernels));
    for (const void* entry : entries) CHECK(entry != nullptr);
  }
}

}  // namespace graft
