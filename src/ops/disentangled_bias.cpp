// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <climits>
#include <cmath>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// The relative embedding of a distance query - key. In float, as the published weights were trained, so that distances
// on the edge of a bucket fall on its same side.
int row_of(int distance, const Disentangled& at) {
  const int middle = at.buckets / 2, away = std::abs(distance);
  int bucket = distance;
  if (at.buckets > 0 && away > middle) {
    const float range = std::log(float(double(at.most_distance - 1) / middle));
    const int far = middle + int(std::ceil(std::log(float(away) / float(middle)) / range * float(middle - 1)));
    bucket = distance < 0 ? -far : far;
  }
  return std::clamp(bucket + at.span, 0, 2 * at.span - 1);
}

// The relative embeddings that occur in a sequence: rows [first, first + count).
struct Distances {
  int rows, first, count;
  std::vector<int32_t> columns;  // of query - key, from 1 - rows on: the embedding, counted from `first`

  Distances(int length, const Disentangled& at)
      : rows(length), first(row_of(1 - length, at)), count(row_of(length - 1, at) + 1 - first) {
    for (int distance = 1 - length; distance < length; ++distance) columns.push_back(row_of(distance, at) - first);
  }
};

// One of the two scores: a content with positions, each a matrix of all heads.
struct Side {
  Tensor content, positions;
};

// Each head's rows of the content, from `first_row` on, with the relative embeddings that occur: [head, row, count].
Tensor position_scores(const Run& run, const AttentionShape& shape, const Side& side, int first_row,
                       const Distances& distances, float scale) {
  const int64_t stride = side.content.cols(), size = int64_t(distances.rows) * distances.count;
  const Tensor scores = run.tensor(shape.heads * distances.rows, distances.count);
  for (int head = 0; head < shape.heads; ++head) {
    const float* content = side.content.data() + first_row * stride + head * shape.head_width;
    const float* positions = side.positions.data() + distances.first * stride + head * shape.head_width;
    run.kernels().matmul(run.stream(), shape.compute, {content, stride}, {positions, stride, true},
                         scores.data() + head * size, distances.count, distances.rows, distances.count,
                         shape.head_width, scale, false);
  }
  return scores;
}

// Its gradients; one that is null is not wanted.
void position_scores_backward(const Run& run, const AttentionShape& shape, const Side& side, int first_row,
                              const Distances& distances, float scale, const Tensor& dscores, float* dcontent,
                              float* dpositions) {
  const int64_t stride = side.content.cols(), size = int64_t(distances.rows) * distances.count;
  for (int head = 0; head < shape.heads; ++head) {
    const int64_t content = first_row * stride + head * shape.head_width;
    const int64_t positions = distances.first * stride + head * shape.head_width;
    const float* d = dscores.data() + head * size;
    if (dcontent)
      run.kernels().matmul(run.stream(), shape.compute, {d, distances.count},
                           {side.positions.data() + positions, stride}, dcontent + content, stride, distances.rows,
                           shape.head_width, distances.count, scale, true);
    if (dpositions)
      run.kernels().matmul(run.stream(), shape.compute, {d, distances.count, true},
                           {side.content.data() + content, stride}, dpositions + positions, stride, distances.count,
                           shape.head_width, distances.rows, scale, true);
  }
}

// What the backward pass reads of a side.
struct SavedSide {
  Saved content, positions;
};

struct Kept {
  AttentionShape shape;
  Disentangled at;
  float scale;
  std::vector<SavedSide> sides;  // of queries, then of keys, as `at` has them
};

void disentangled_bias_backward(const Run& run, Tape& tape, const Kept& kept, const Tensor& dvalues) {
  std::vector<Side> sides;
  for (const SavedSide& side : kept.sides) sides.push_back({side.content.restore(run), side.positions.restore(run)});
  const float* dblock = dvalues.data();
  for (int i = 0; i < run.batch.sequences(); ++i) {
    const int rows = run.batch.length(i), heads = kept.shape.heads;
    if (rows == 0) continue;
    const Distances distances(rows, kept.at);
    const auto zeros = [&](bool wanted) {
      return wanted ? Tensor::zeros(*run.memory, heads * rows, distances.count) : Tensor();
    };
    const Tensor dscores[] = {zeros(kept.at.c2p), zeros(kept.at.p2c)};
    run.kernels().distance_scores_backward(run.stream(), dblock, distances.columns.data(), heads, rows, distances.count,
                                           dscores[0].data(), dscores[1].data());
    size_t side = 0;
    for (const Tensor& d : dscores) {
      if (!d) continue;
      const SavedSide& of = kept.sides[side];
      position_scores_backward(run, kept.shape, sides[side++], run.batch.offsets[i], distances, kept.scale, d,
                               tape.gradient(of.content.identity()), tape.gradient(of.positions.identity()));
    }
    dblock += int64_t(heads) * rows * rows;
  }
}

void check_shapes(const Run& run, const AttentionShape& shape, const Tensor& q, const Tensor& k,
                  const Tensor& pos_query, const Tensor& pos_key, const Disentangled& at) {
  const int width = shape.heads * shape.head_width;
  check(shape.heads == shape.kv_heads && run.caches.empty() && q.cols() == width && k.cols() == width &&
            q.rows() == run.batch.rows() && k.rows() == q.rows(),
        "disentangled_bias: q is ", q.rows(), " x ", q.cols(), ", k ", k.rows(), " x ", k.cols(), " for ",
        run.batch.rows(), " uncached rows and ", shape.heads, " heads on ", shape.kv_heads, " of ", shape.head_width);
  check(at.span > 0 && (at.buckets == 0 || (at.buckets > 1 && at.most_distance - 1 > at.buckets / 2)),
        "disentangled_bias: a span of ", at.span, ", ", at.buckets, " buckets of distances up to ", at.most_distance);
  const auto check_positions = [&](bool used, const char* name, const Tensor& positions) {
    check(!used || (positions && positions.rows() == 2 * at.span && positions.cols() == width),
          "disentangled_bias: ", name, " is ", positions ? positions.rows() : 0, " x ",
          positions ? positions.cols() : 0, ", expected ", 2 * at.span, " x ", width);
  };
  check_positions(at.c2p, "pos_key", pos_key);
  check_positions(at.p2c, "pos_query", pos_query);
}

Tensor blocks(const Run& run, int heads) {
  int64_t count = 0;
  for (int i = 0; i < run.batch.sequences(); ++i) count += int64_t(heads) * run.batch.length(i) * run.batch.length(i);
  check(count <= INT_MAX, "disentangled_bias: the batch has ", count, " scores, expected at most ", INT_MAX);
  return run.tensor(1, int(count));
}

}  // namespace

ScoreBias disentangled_bias(Run& run, const AttentionShape& shape, const Tensor& q, const Tensor& k,
                            const Tensor& pos_query, const Tensor& pos_key, const Disentangled& at) {
  check_shapes(run, shape, q, k, pos_query, pos_key, at);
  const float scale = 1 / std::sqrt(float(shape.head_width * (1 + at.c2p + at.p2c)));
  const ScoreBias bias = {blocks(run, shape.heads), false};
  float* block = bias.values.data();
  for (int i = 0; i < run.batch.sequences(); ++i) {
    const int rows = run.batch.length(i);
    if (rows == 0) continue;
    const Distances distances(rows, at);
    const auto scores = [&](bool wanted, const Side& side) {
      return wanted ? position_scores(run, shape, side, run.batch.offsets[i], distances, scale) : Tensor();
    };
    const Tensor by_query = scores(at.c2p, {q, pos_key}), by_key = scores(at.p2c, {k, pos_query});
    run.kernels().distance_scores(run.stream(), by_query.data(), by_key.data(), distances.columns.data(), shape.heads,
                                  rows, distances.count, block);
    block += int64_t(shape.heads) * rows * rows;
  }

  if (!run.records({q, k, pos_query, pos_key})) return bias;
  Kept kept = {shape, at, scale, {}};
  if (at.c2p) kept.sides.push_back({Saved(run, q), Saved(run, pos_key)});
  if (at.p2c) kept.sides.push_back({Saved(run, k), Saved(run, pos_query)});
  run.tape->record({bias.values.identity()}, [run, kept = std::move(kept), out = bias.values.identity()](Tape& tape) {
    disentangled_bias_backward(run, tape, kept, tape.upstream(out));
  });
  return bias;
}

}  // namespace graft::inline v0
