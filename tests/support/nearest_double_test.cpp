// SPDX-License-Identifier: Apache-2.0
#include "support/nearest_double.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "support/json.hpp"

namespace graft {

TEST_CASE("A float becomes the double of its shortest text, and is the same float again", "[support]") {
  CHECK(Json(nearest_double(1e-4f)).dump() == "0.0001");
  CHECK(Json(nearest_double(0.1f)).dump() == "0.1");
  CHECK(Json(nearest_double(NAN)).dump() == "null");
  for (const float value : {9.9999997e-5f, 1.17549435e-38f, 3.40282347e38f, 1e-45f, -0.333333343f, INFINITY})
    CHECK(float(nearest_double(value)) == value);
}

}  // namespace graft
