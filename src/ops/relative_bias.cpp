// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "ops/ops.hpp"
#include "ops/row_parts.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// In float, as the published weights were trained, so that distances on the edge of a bucket fall on its same side.
int bucket_of(int distance, const RelativeBuckets& buckets) {
  const int side = buckets.bidirectional ? buckets.count / 2 : buckets.count, exact = side / 2;
  const int first = buckets.bidirectional && distance > 0 ? side : 0;
  const int away = buckets.bidirectional ? std::abs(distance) : std::max(0, -distance);
  if (away < exact) return first + away;
  const float range = float(std::log(double(buckets.most_distance) / exact));
  const float steps = std::log(float(away) / float(exact)) / range * float(side - exact);
  return first + std::min(side - 1, exact + int(steps));
}

}  // namespace

ScoreBias relative_bias(Run& run, const Weight& original, RelativeBuckets buckets, int reach) {
  const Weight& table = weight_of_all(run, original);
  const int exact = buckets.count / (buckets.bidirectional ? 4 : 2);
  check(table.rows() == buckets.count && exact > 0 && buckets.most_distance > exact, table.name(), ": has ",
        table.rows(), " rows for ", buckets.count, " buckets of distances up to ", buckets.most_distance);
  const int heads = table.cols(), distances = 2 * reach + 1;
  std::vector<int> rows(distances);
  for (int i = 0; i < distances; ++i) rows[i] = bucket_of(i - reach, buckets);
  const Tensor of_bucket = table.values(run.lane, *run.memory);
  const ScoreBias bias = {run.tensor(heads, distances)};
  for (int head = 0; head < heads; ++head)
    for (int i = 0; i < distances; ++i) bias.values.row(head)[size_t(i)] = of_bucket.row(rows[size_t(i)])[size_t(head)];

  if (run.records({table.parameter()}))
    run.tape->record({bias.values.identity()},
                     [&table, rows = std::move(rows), heads, out = bias.values.identity()](Tape& tape) {
                       const Tensor dvalues = tape.upstream(out);
                       float* dtable = tape.gradient_on_host(table.parameter().identity());
                       for (int head = 0; head < heads; ++head)
                         for (size_t i = 0; i < rows.size(); ++i)
                           dtable[size_t(rows[i]) * heads + head] += dvalues.row(head)[i];
                     });
  return bias;
}

}  // namespace graft::inline v0
