// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// A geometric series from 2^(-8 / heads) to 2^-8. Where the heads are no power of two, those beyond the power below
// take every second value of the series for the power above.
float slope(int head, int heads) {
  const int power = int(std::bit_floor(unsigned(heads)));
  if (head < power) return std::exp2(-8.0f * float(head + 1) / float(power));
  return std::exp2(-4.0f * float(2 * (head - power) + 1) / float(power));
}

}  // namespace

ScoreBias alibi_bias(Run& run, int heads, int reach) {
  check(heads > 0 && reach >= 0, "alibi_bias: ", heads, " heads, a reach of ", reach);
  const ScoreBias bias = {run.tensor(heads, 2 * reach + 1)};
  float* value = bias.values.values().data();
  for (int head = 0; head < heads; ++head)
    for (int distance = -reach; distance <= reach; ++distance)
      *value++ = -slope(head, heads) * float(std::abs(distance));
  return bias;
}

}  // namespace graft::inline v0
