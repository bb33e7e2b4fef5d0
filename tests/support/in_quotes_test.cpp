// SPDX-License-Identifier: Apache-2.0
#include "support/in_quotes.hpp"

#include <catch2/catch.hpp>

namespace graft {

TEST_CASE("text of a file is shown short and harmless", "[support]") {
  CHECK(in_quotes("a.weight") == "\"a.weight\"");
  CHECK(in_quotes("é\n\x1B[31m\xFF\x7F\xC2\x85") == "\"é??[31m???\"");
  const std::string cut = in_quotes(std::string(1000, 'x'));
  CHECK(cut.size() < 90);
  CHECK(cut.ends_with("...\""));
}

}  // namespace graft
