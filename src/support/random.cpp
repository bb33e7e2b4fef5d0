// SPDX-License-Identifier: Apache-2.0
#include "support/random.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace graft::inline v0 {
namespace {

constexpr int kRounds = 10;
constexpr size_t kBlocks = 32;  // computed side by side, in vectors

uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }
uint32_t high(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

// words[w][i] is word w of block i.
template <size_t count>
void mix(uint32_t (&words)[4][count], std::array<uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < count; ++i) {
      const uint64_t a = uint64_t{0xD2511F53} * words[0][i], b = uint64_t{0xCD9E8D57} * words[2][i];
      words[0][i] = high(b) ^ words[1][i] ^ key[0];
      words[1][i] = low(b);
      words[2][i] = high(a) ^ words[3][i] ^ key[1];
      words[3][i] = low(a);
    }
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
}

// A number of 64 bits as one from 0 to below 1.
double fraction(uint64_t number) { return double(int64_t(number >> 11)) * 0x1p-53; }

double normal(double radius, double angle) {
  return std::sqrt(-2 * std::log1p(-radius)) * std::cos(2 * std::numbers::pi * angle);
}

// random_uniform(seed, stream, first + i).
void uniform_numbers(uint64_t seed, uint64_t stream, uint64_t first, double (&numbers)[kBlocks]) {
  uint32_t words[4][kBlocks];
  for (size_t i = 0; i < kBlocks; ++i) {
    words[0][i] = low(first + i);
    words[1][i] = high(first + i);
    words[2][i] = low(stream);
    words[3][i] = high(stream);
  }
  mix(words, {low(seed), high(seed)});
  for (size_t i = 0; i < kBlocks; ++i) numbers[i] = fraction(uint64_t{words[1][i]} << 32 | words[0][i]);
}

// Fills values, each made of `made` numbers.
template <class Value>
void fill(std::span<float> values, uint64_t seed, uint64_t stream, uint64_t first, size_t made, const Value& value) {
  double numbers[kBlocks];
  const size_t at_once = kBlocks / made;
  for (size_t begin = 0; begin < values.size(); begin += at_once) {
    uniform_numbers(seed, stream, (first + begin) * made, numbers);
    const size_t count = std::min(at_once, values.size() - begin);
    for (size_t i = 0; i < count; ++i) values[begin + i] = float(value(&numbers[i * made]));
  }
}

}  // namespace

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  uint32_t words[4][1] = {{counter[0]}, {counter[1]}, {counter[2]}, {counter[3]}};
  mix(words, key);
  return {words[0][0], words[1][0], words[2][0], words[3][0]};
}

uint64_t random_number(uint64_t seed, uint64_t stream, uint64_t index) {
  const auto words = philox({low(index), high(index), low(stream), high(stream)}, {low(seed), high(seed)});
  return uint64_t{words[1]} << 32 | words[0];
}

double random_uniform(uint64_t seed, uint64_t stream, uint64_t index) {
  return fraction(random_number(seed, stream, index));
}

double random_normal(uint64_t seed, uint64_t stream, uint64_t index) {
  return normal(random_uniform(seed, stream, 2 * index), random_uniform(seed, stream, 2 * index + 1));
}

void fill_uniform(std::span<float> values, double bound, uint64_t seed, uint64_t stream, uint64_t first) {
  fill(values, seed, stream, first, 1, [=](const double* number) { return bound * (2 * *number - 1); });
}

void fill_normal(std::span<float> values, double deviation, uint64_t seed, uint64_t stream, uint64_t first) {
  fill(values, seed, stream, first, 2, [=](const double* pair) { return deviation * normal(pair[0], pair[1]); });
}

std::vector<size_t> permutation(size_t n, uint64_t seed, uint64_t stream) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  // The remainder favours small numbers by n / 2^64, which nobody can see.
  for (size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random_number(seed, stream, i) % i]);
  return order;
}

}  // namespace graft::inline v0
