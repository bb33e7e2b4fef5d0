// SPDX-License-Identifier: Apache-2.0
#include "support/random.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace graft::inline v0 {
namespace {

constexpr int kRounds = 10;

uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }
uint32_t high(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

}  // namespace

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0], b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {high(b) ^ counter[1] ^ key[0], low(b), high(a) ^ counter[3] ^ key[1], low(a)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  return counter;
}

uint64_t random_number(uint64_t seed, uint64_t stream, uint64_t index) {
  const auto words = philox({low(index), high(index), low(stream), high(stream)}, {low(seed), high(seed)});
  return uint64_t{words[1]} << 32 | words[0];
}

double random_uniform(uint64_t seed, uint64_t stream, uint64_t index) {
  return std::ldexp(double(random_number(seed, stream, index) >> 11), -53);
}

double random_normal(uint64_t seed, uint64_t stream, uint64_t index) {
  const double radius = std::sqrt(-2 * std::log1p(-random_uniform(seed, stream, 2 * index)));
  return radius * std::cos(2 * std::numbers::pi * random_uniform(seed, stream, 2 * index + 1));
}

std::vector<size_t> permutation(size_t n, uint64_t seed, uint64_t stream) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  // The remainder favours small numbers by n / 2^64, which nobody can see.
  for (size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random_number(seed, stream, i) % i]);
  return order;
}

}  // namespace graft::inline v0
