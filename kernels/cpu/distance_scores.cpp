// SPDX-License-Identifier: Apache-2.0
//
// Scores that depend on a row and a distance, brought to where query and key meet (He et al. 2021). A task owns a strip
// of one head's rows, whose scores fit in the cache while the other side passes by.
#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kStrip = 32;

// body(head, begin, end) for strips [begin, end) of the rows of each head.
template <class Body>
void for_strips(const Stream& stream, int heads, int rows, const Body& body) {
  const int64_t strips = ceil_div(rows, kStrip);
  parallel_for(stream, heads * strips, [&](int64_t task, int) {
    const int begin = static_cast<int>(task % strips) * kStrip;
    body(task / strips, begin, min(rows, begin + kStrip));
  });
}

}  // namespace

void distance_scores(const Stream& stream, const float* by_query, const float* by_key, const int32_t* columns,
                     int heads, int rows, int width, float* block) {
  for_strips(stream, heads, rows, [&](int64_t head, int begin, int end) {
    for (int64_t i = 0; i < rows; ++i) {
      float* out = block + (head * rows + i) * rows;
      const int32_t* column = columns + rows - 1 + i;
      const float* query = by_query ? by_query + (head * rows + i) * width : nullptr;
      for (int j = begin; j < end; ++j) {
        const float of_key = by_key ? by_key[(head * rows + j) * width + column[-j]] : 0;
        out[j] = query ? query[column[-j]] + of_key : of_key;
      }
    }
  });
}

void distance_scores_backward(const Stream& stream, const float* dblock, const int32_t* columns, int heads, int rows,
                              int width, float* dby_query, float* dby_key) {
  if (dby_query)
    for_strips(stream, heads, rows, [&](int64_t head, int begin, int end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t row = head * rows + i;
        for (int j = 0; j < rows; ++j) dby_query[row * width + columns[rows - 1 + i - j]] += dblock[row * rows + j];
      }
    });
  if (dby_key)
    for_strips(stream, heads, rows, [&](int64_t head, int begin, int end) {
      for (int64_t i = 0; i < rows; ++i) {
        const float* d = dblock + (head * rows + i) * rows;
        for (int j = begin; j < end; ++j) dby_key[(head * rows + j) * width + columns[rows - 1 + i - j]] += d[j];
      }
    });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
