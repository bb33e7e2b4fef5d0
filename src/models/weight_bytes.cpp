// SPDX-License-Identifier: Apache-2.0
#include "models/weight_bytes.hpp"

#include <algorithm>
#include <cstring>

#include "tensor/transposed.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kRowsAtOnce = 64;

// A vector counts as a column here, so that the order of rows means the same for a matrix and its bias.
Shape shape_in_file(const Weight& weight) {
  if (weight.kind() == Weight::Kind::vector) return {weight.cols(), 1};
  return {weight.rows(), weight.cols()};
}

void read_rows(const Lane& lane, const Weight& weight, int first, int count, float* rows) {
  const int cols = shape_in_file(weight).cols;
  if (weight.parameter())
    std::memcpy(rows, weight.parameter().data() + size_t(first) * cols, size_t(count) * cols * sizeof(float));
  else
    lane.backend().kernels().unpack(lane.stream(), weight.matrix(), first, count, rows);
}

void reorder(std::vector<float>& rows, const std::vector<int>& order) {
  const size_t cols = rows.size() / order.size();
  const std::vector<float> source = rows;
  for (size_t row = 0; row < order.size(); ++row)
    std::copy_n(&source[size_t(order[row]) * cols], cols, &rows[row * cols]);
}

void write(const Lane& lane, Dtype type, const std::vector<float>& rows, int cols, const ByteSink& sink) {
  if (type == Dtype::f32) return sink(std::as_bytes(std::span<const float>(rows)));
  std::vector<std::byte> encoded(checked_row_bytes(type, cols) * (rows.size() / size_t(cols)));
  lane.backend().kernels().encode(lane.stream(), type, rows.data(), encoded.data(), int64_t(rows.size()));
  sink(encoded);
}

void write_transposed(const Lane& lane, const Weight& weight, Dtype type, const ByteSink& sink) {
  const int rows = weight.rows(), cols = weight.cols();
  std::vector<float> values(size_t(rows) * cols);
  read_rows(lane, weight, 0, rows, values.data());
  write(lane, type, transposed(values, rows, cols), rows, sink);
}

}  // namespace

ByteSource weight_bytes(const Lane& lane, const Weight& weight, Dtype type, FileLayout layout) {
  return [&lane, &weight, type, layout = std::move(layout)](const ByteSink& sink) {
    if (layout.transposed) return write_transposed(lane, weight, type, sink);
    const Shape shape = shape_in_file(weight);
    const int step = layout.head_rows.empty() ? kRowsAtOnce : int(layout.head_rows.size());
    std::vector<float> rows;
    for (int first = 0; first < shape.rows; first += step) {
      const int count = std::min(step, shape.rows - first);
      rows.resize(size_t(count) * shape.cols);
      read_rows(lane, weight, first, count, rows.data());
      for (float& value : rows) value += layout.offset;
      if (!layout.head_rows.empty()) reorder(rows, layout.head_rows);
      write(lane, type, rows, shape.cols, sink);
    }
  };
}

}  // namespace graft::inline v0
