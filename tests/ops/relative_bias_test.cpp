// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "support/check_gradient.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

// Where an operation runs without a tape.
struct Place {
  Lane lane{Backend::create({})};
  std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  Batch batch;
  Run run{lane, memory, batch};
};

// The bias of distances -4000 to 4000 from a table of one head whose rows hold their own numbers.
std::vector<float> bucket_numbers(const RelativeBuckets& buckets) {
  Place place;
  Weight table(Weight::Kind::matrix, "table", buckets.count, 1);
  table.create(place.memory);
  for (int i = 0; i < buckets.count; ++i) table.parameter().values()[i] = float(i);
  const Tensor values = relative_bias(place.run, table, buckets, 4000).values;
  return {values.values().begin(), values.values().end()};
}

}  // namespace

TEST_CASE("relative_bias: the buckets are those that published weights were trained with", "[ops]") {
  const int distances[] = {-4000, -300, -128, -127, -91, -90, -64, -46, -45, -32, -23, -16, -15, -8,
                           -7,    -1,   0,    1,    7,   8,   12,  16,  31,  32,  64,  100, 128, 4000};
  const int both[] = {15, 15, 15, 15, 15, 14, 14, 13, 12, 12, 11, 10, 9,  8,
                      7,  1,  0,  17, 23, 24, 25, 26, 27, 28, 30, 31, 31, 31};
  const int behind[] = {31, 31, 31, 31, 29, 29, 26, 24, 23, 21, 18, 16, 15, 8,
                        7,  1,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0};
  const std::vector<float> of_both = bucket_numbers({32, 128, true}), of_behind = bucket_numbers({32, 128, false});
  for (size_t i = 0; i < std::size(distances); ++i) {
    INFO(distances[i]);
    CHECK(of_both[size_t(4000 + distances[i])] == float(both[i]));
    CHECK(of_behind[size_t(4000 + distances[i])] == float(behind[i]));
  }
}

TEST_CASE("relative_bias: gradient of the table through attention", "[ops]") {
  const bool bidirectional = GENERATE(true, false);
  for (const std::string& table : tested_kernels()) {
    INFO(table);
    GradientCheck gradients(table);
    gradients.set_batch({12, 1, 3});
    const Weight& buckets = gradients.matrix(8, 2);
    const Tensor q = gradients.input(16, 4), v = gradients.input(16, 4);
    gradients.run([&](Run& run) {
      return attention(run, {2, 2, 2, 0.5f, !bidirectional}, q, q, v,
                       {.bias = relative_bias(run, buckets, {8, 10, bidirectional}, 11)});
    });
  }
}

TEST_CASE("relative_bias: a table of another number of buckets is refused by name", "[ops]") {
  CHECK(refusal<ArgumentError>([] {
          Place place;
          relative_bias(place.run, Weight(Weight::Kind::matrix, "table", 16, 2), {32, 128, true}, 3);
        }) == "table: has 16 rows for 32 buckets of distances up to 128");
}

TEST_CASE("alibi_bias: slopes of a power of two heads, and of others", "[ops]") {
  Place place;
  const Tensor eight = alibi_bias(place.run, 8, 2).values, six = alibi_bias(place.run, 6, 1).values;
  for (int head = 0; head < 8; ++head)
    for (int i = 0; i < 5; ++i)
      CHECK(eight.values()[head * 5 + i] == Approx(-std::pow(2.0, -1 - head) * std::abs(i - 2)));
  const double slopes[] = {0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125};
  for (int head = 0; head < 6; ++head) CHECK(six.values()[head * 3] == Approx(-slopes[head]));
}

}  // namespace graft
