// SPDX-License-Identifier: Apache-2.0
//
// The gradient of what is added to the scores. The slopes of a sequence's scores are written out, some queries at a
// time; then a thread owns an element of the bias and adds the slopes of the queries that see it, in their order.
// Sequences, which may share a bias, follow each other. Slopes are written and read once.
#include "cuda/attention_scores.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

constexpr int64_t kSlopes = int64_t{1} << 24;  // at a time

// dbias[head, e] += Σ slopes[head, i, j] over queries i of [0, queries) and keys j with i · stride + j = e, counted
// from the lowest such e.
__global__ void __launch_bounds__(kThreads)
    gather_slopes(const float* slopes, int queries, int keys, int64_t stride, int64_t head_stride, int64_t lowest,
                  int64_t count, float* dbias) {
  const int64_t at = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (at >= count) return;
  const int64_t e = lowest + at, head = blockIdx.y;
  // 0 <= e - i · stride < keys
  int64_t first = 0, end = queries;
  if (stride > 0) {
    first = larger<int64_t>(0, e - keys + 1 <= 0 ? 0 : ceil_div(e - keys + 1, stride));
    end = smaller<int64_t>(queries, e / stride + 1);
  } else if (stride < 0) {
    first = e >= 0 ? 0 : ceil_div(-e, -stride);
    end = smaller<int64_t>(queries, keys - 1 - e < 0 ? 0 : (keys - 1 - e) / -stride + 1);
  }
  float sum = 0;
  for (int64_t i = first; i < end; ++i) sum += load(slopes + (head * queries + i) * keys + e - i * stride);
  if (first < end) add_to(dbias + head * head_stride + e, sum);
}

void add_sequence(const Stream& stream, const AttentionShape& shape, const AttentionSequence& sequence,
                  const int64_t* row_keys, const Gradients& g, float* dbias) {
  const DeviceBatch batch = stage_sequence(stream, sequence, row_keys);
  const int64_t row = int64_t(shape.heads) * sequence.keys, stride = sequence.bias.query_stride;
  const int most =
      int(smaller<int64_t>(sequence.queries, round_up(larger<int64_t>(1, kSlopes / larger<int64_t>(1, row)), kRows)));
  const Temporary<float> slopes(stream, most * row);
  for (int first = 0; first < sequence.queries; first += most) {
    const int end = smaller(sequence.queries, first + most), queries = end - first;
    const dim3 blocks(unsigned(ceil_div(queries, kRows)), unsigned(ceil_div(sequence.keys, kKeys)),
                      unsigned(shape.heads));
    with_tiles(shape, [&]<int pieces, bool rounds, class Key>() {
      launch(stream, write_scores<pieces, rounds, float, true>, Grid{blocks, kAttentionThreads}, shape, batch, g, first,
             end, slopes.get());
    });
    const int64_t reach = (queries - 1) * stride, lowest = smaller<int64_t>(0, reach);
    const int64_t count = larger<int64_t>(0, reach) - lowest + sequence.keys;
    launch(stream, gather_slopes, Grid{dim3(unsigned(ceil_div(count, kThreads)), unsigned(shape.heads))}, slopes.get(),
           queries, sequence.keys, stride, sequence.bias.head_stride, lowest, count, dbias + first * stride);
  }
}

}  // namespace

void attention_bias_backward(const Stream& stream, const AttentionShape& shape, const float* q,
                             const AttentionBatch& batch, const float* y, const float* lse, const float* dy,
                             float* const* dbias) {
  const int64_t statistics = statistics_of(shape, batch);
  const Temporary<float> mean(stream, statistics);
  mean_slopes(stream, shape, statistics, y, dy, mean.get());
  for (int i = 0; i < batch.sequence_count; ++i)
    add_sequence(stream, shape, batch.sequences[i], batch.row_keys,
                 {q, dy, lse, mean.get(), dropping(shape.dropout.rate, shape.dropout.key)}, dbias[i]);
}

}  // namespace graft::inline v0::cuda
