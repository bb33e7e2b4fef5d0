// SPDX-License-Identifier: Apache-2.0
#include "nn/dropout_site.hpp"

#include <catch2/catch.hpp>
#include <set>

namespace graft {

TEST_CASE("Every place of every layer, of an encoder and of its decoder, has a number of its own", "[nn]") {
  StackConfig encoder, decoder;
  decoder.crosses = true;
  std::set<int> sites;
  size_t count = 0;
  for (const StackConfig& stack : {encoder, decoder})
    for (const int layer : {0, 1, 4095})
      for (int place = 0; place < int(DropoutPlace::count); ++place, ++count)
        sites.insert(DropoutSite(stack, DropoutPlace(place)).in_layer(layer));
  CHECK(sites.size() == count);
  CHECK(*sites.begin() >= kDropoutSites);
}

}  // namespace graft
