// SPDX-License-Identifier: Apache-2.0
#include "support/random.hpp"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

namespace graft {

// The known answers that the authors publish with their library.
TEST_CASE("Philox gives the published numbers", "[support]") {
  using Words = std::array<uint32_t, 4>;
  constexpr uint32_t kOnes = 0xFFFFFFFF;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("seed, stream and index each count, in all their bits", "[support]") {
  CHECK(random_number(0, 0, 0) == 0xe169c58d6627e8d5);
  std::set<uint64_t> numbers;
  for (const uint64_t value : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{1} << 63}) {
    numbers.insert(random_number(value, 0, 0));
    numbers.insert(random_number(0, value, 0));
    numbers.insert(random_number(0, 0, value));
  }
  CHECK(numbers.size() == 10);
}

TEST_CASE("a permutation has every number once and every order alike", "[support]") {
  std::vector<size_t> order = permutation(1000, 7);
  CHECK(order == permutation(1000, 7));
  CHECK(order != permutation(1000, 8));
  CHECK(order != permutation(1000, 7, 1));
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < order.size(); ++i) CHECK(order[i] == i);
  CHECK(permutation(0, 1).empty());
  CHECK(permutation(1, 1) == std::vector<size_t>{0});

  constexpr int kDraws = 6000;
  std::vector<int> counts(9);
  for (int seed = 0; seed < kDraws; ++seed) {
    const auto three = permutation(3, static_cast<uint64_t>(seed));
    ++counts[three[0] * 3 + three[1]];
  }
  for (size_t i = 0; i < counts.size(); ++i)
    if (i % 4 != 0) CHECK(std::abs(counts[i] - kDraws / 6) < 120);  // four standard deviations
}

TEST_CASE("values filled at once are the numbers of their places", "[support]") {
  constexpr uint64_t kSeed = 5, kStream = uint64_t{3} << 40, kFirst = (uint64_t{1} << 32) - 40;
  std::vector<float> uniform(101), normal(101);
  fill_uniform(uniform, 0.25, kSeed, kStream, kFirst);
  fill_normal(normal, 0.02, kSeed, kStream, kFirst);
  for (size_t i = 0; i < uniform.size(); ++i) {
    CHECK(uniform[i] == float(0.25 * (2 * random_uniform(kSeed, kStream, kFirst + i) - 1)));
    CHECK(normal[i] == float(0.02 * random_normal(kSeed, kStream, kFirst + i)));
  }
}

}  // namespace graft
