// SPDX-License-Identifier: Apache-2.0
//
// Random numbers that are counted, not drawn: each is a function of its place, so it is the same on every machine, for
// any number of threads and in a resumed run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace graft::inline v0 {

// Philox4x32-10: ten rounds of multiplication and exclusive or, which pass the known batteries of statistical tests
// (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// The index-th number of a stream: uniform over all 64 bits. Streams of one seed are independent of each other.
uint64_t random_number(uint64_t seed, uint64_t stream, uint64_t index);

// The same as a number from 0 to below 1, and as a standard normal one (Box and Muller).
double random_uniform(uint64_t seed, uint64_t stream, uint64_t index);
double random_normal(uint64_t seed, uint64_t stream, uint64_t index);

// First values of weights, many at once: value i is made of number first + i of the stream, uniform over [-bound,
// bound) or normal.
void fill_uniform(std::span<float> values, double bound, uint64_t seed, uint64_t stream, uint64_t first = 0);
void fill_normal(std::span<float> values, double deviation, uint64_t seed, uint64_t stream, uint64_t first = 0);

// The numbers 0 to n - 1 in random order (Fisher and Yates).
std::vector<size_t> permutation(size_t n, uint64_t seed, uint64_t stream = 0);

}  // namespace graft::inline v0
