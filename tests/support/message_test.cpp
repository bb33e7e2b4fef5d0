// SPDX-License-Identifier: Apache-2.0
#include "support/message.hpp"

#include <catch2/catch.hpp>

namespace graft {

TEST_CASE("check throws its kind with all parts joined", "[support]") {
  CHECK_NOTHROW(check(true, "unused"));
  CHECK_THROWS_AS(check(false, "x"), ArgumentError);
  CHECK_THROWS_WITH((check<FileError>(false, "a.gguf: field ", 3, ", expected ", 4)), "a.gguf: field 3, expected 4");
}

}  // namespace graft
