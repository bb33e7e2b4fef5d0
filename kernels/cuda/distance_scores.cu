// SPDX-License-Identifier: Apache-2.0
//
// Scores that depend on a row and a distance, brought to where query and key meet (He et al. 2021). Forward, each score
// is written once. Backward, a thread owns one column of one row and walks over the other side's rows, whose slopes
// come from the cache: rows · width reads a row.
#include "cuda/device.cuh"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {

void distance_scores(const Stream& stream, const float* by_query, const float* by_key, const int32_t* columns,
                     int heads, int rows, int width, float* block) {
  const int32_t* const column_of = stage(stream, columns, 2 * int64_t(rows) - 1);
  for_each(stream, int64_t(heads) * rows * rows, [=] __device__(int64_t at) {
    const int64_t row = at / rows, head = row / rows, i = row % rows, j = at % rows;
    const int column = load(column_of + rows - 1 + i - j);
    const float of_query = by_query ? load(by_query + row * width + column) : 0;
    const float of_key = by_key ? load(by_key + (head * rows + j) * width + column) : 0;
    store(block + at, of_query + of_key);
  });
}

void distance_scores_backward(const Stream& stream, const float* dblock, const int32_t* columns, int heads, int rows,
                              int width, float* dby_query, float* dby_key) {
  const int32_t* const column_of = stage(stream, columns, 2 * int64_t(rows) - 1);
  const int64_t count = int64_t(heads) * rows * width;
  if (dby_query)
    for_each(stream, count, [=] __device__(int64_t at) {
      const int64_t row = at / width, i = row % rows;
      float sum = 0;
      for (int j = 0; j < rows; ++j)
        if (load(column_of + rows - 1 + i - j) == at % width) sum += load(dblock + row * rows + j);
      add_to(dby_query + at, sum);
    });
  if (dby_key)
    for_each(stream, count, [=] __device__(int64_t at) {
      const int64_t row = at / width, head = row / rows, j = row % rows;
      float sum = 0;
      for (int i = 0; i < rows; ++i)
        if (load(column_of + rows - 1 + i - j) == at % width) sum += load(dblock + (head * rows + i) * rows + j);
      add_to(dby_key + at, sum);
    });
}

}  // namespace graft::inline v0::cuda
