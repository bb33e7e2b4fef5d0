// SPDX-License-Identifier: Apache-2.0
//
// The largest of each row, by one reading: values that do not exceed the least of those that are kept are passed over
// some vectors at a time.
#include "cpu/parallel.hpp"
#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kSideBySide = 4 * kLanes;

// What is kept of a row, in order.
struct Kept {
  int32_t* columns;
  float* values;
  int count, filled = 0;

  float least() const { return filled == count ? values[count - 1] : -__builtin_inff(); }
  void add(float value, int column) {
    int at = filled == count ? count - 1 : filled++;
    for (; at > 0 && values[at - 1] < value; --at) {
      values[at] = values[at - 1];
      columns[at] = columns[at - 1];
    }
    values[at] = value;
    columns[at] = column;
  }
  void add_exceeding(const float* x, int begin, int end) {
    for (int i = begin; i < end; ++i)
      if (x[i] > least()) add(x[i], i);
  }
};

bool exceeds(const float* x, float least) {
  const Vec lowest = splat(-__builtin_inff());  // second, so that it stays where the other is no number
  const Vec first = vmax(vmax(load(x), lowest), vmax(load(x + kLanes), lowest));
  const Vec second = vmax(vmax(load(x + 2 * kLanes), lowest), vmax(load(x + 3 * kLanes), lowest));
  return largest(vmax(first, second)) > least;
}

}  // namespace

void largest(const Stream& stream, const float* x, int rows, int cols, int count, int32_t* columns, float* values) {
  parallel_for(stream, rows, [&](int64_t row, int) {
    const float* of_row = x + row * cols;
    Kept kept = {columns + row * count, values + row * count, count};
    int i = 0;
    for (; i + kSideBySide <= cols; i += kSideBySide)
      if (exceeds(of_row + i, kept.least())) kept.add_exceeding(of_row, i, i + kSideBySide);
    kept.add_exceeding(of_row, i, cols);
    for (int at = kept.filled; at < count; ++at) {
      kept.columns[at] = -1;
      kept.values[at] = -__builtin_inff();
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
