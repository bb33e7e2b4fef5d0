// SPDX-License-Identifier: Apache-2.0
#include "models/weight_bytes.hpp"

#include <algorithm>

#include "tensor/transposed.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kRowsAtOnce = 64;

// A vector counts as a column here, so that the order of rows means the same for a matrix and its bias.
Shape shape_in_file(const Weight& weight) {
  if (weight.kind() == Weight::Kind::vector) return {weight.cols(), 1};
  return {weight.rows(), weight.cols()};
}

Tensor read_rows(const Lane& lane, Memory& memory, const Weight& weight, int first, int count) {
  const int cols = shape_in_file(weight).cols;
  Tensor rows(memory, count, cols);
  if (weight.parameter())
    memory.copy(weight.parameter().data() + size_t(first) * size_t(cols), rows.data(), rows.size());
  else
    lane.backend().kernels().unpack(lane.stream(), weight.matrix(), first, count, rows.data());
  return rows;
}

void reorder(std::span<float> rows, const std::vector<int>& order) {
  const size_t cols = rows.size() / order.size();
  const std::vector<float> source(rows.begin(), rows.end());
  for (size_t row = 0; row < order.size(); ++row)
    std::copy_n(&source[size_t(order[row]) * cols], cols, &rows[row * cols]);
}

void write(const Lane& lane, Dtype type, const Tensor& rows, const ByteSink& sink) {
  if (type == Dtype::f32) return sink(std::as_bytes(rows.values()));
  const size_t bytes = checked_row_bytes(type, rows.cols()) * size_t(rows.rows());
  const Tensor encoded = Tensor::of_bytes(rows.memory(), bytes);
  lane.backend().kernels().encode(lane.stream(), type, rows.data(), encoded.data(), int64_t(rows.size()));
  sink(std::as_bytes(encoded.values()).first(bytes));
}

void write_transposed(const Lane& lane, Memory& memory, const Weight& weight, Dtype type, const ByteSink& sink) {
  const int rows = weight.rows(), cols = weight.cols();
  const Tensor turned(memory, cols, rows);
  std::ranges::copy(transposed(read_rows(lane, memory, weight, 0, rows).values(), rows, cols), turned.values().begin());
  write(lane, type, turned, sink);
}

}  // namespace

ByteSource weight_bytes(const Lane& lane, const Weight& weight, Dtype type, FileLayout layout) {
  return [&lane, &weight, type, layout = std::move(layout)](const ByteSink& sink) {
    const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
    if (layout.transposed) return write_transposed(lane, *memory, weight, type, sink);
    const Shape shape = shape_in_file(weight);
    const int step = layout.head_rows.empty() ? kRowsAtOnce : int(layout.head_rows.size());
    for (int first = 0; first < shape.rows; first += step) {
      const int count = std::min(step, shape.rows - first);
      const Tensor rows = read_rows(lane, *memory, weight, first, count);
      for (float& value : rows.values()) value += layout.offset;
      if (!layout.head_rows.empty()) reorder(rows.values(), layout.head_rows);
      write(lane, type, rows, sink);
    }
  };
}

}  // namespace graft::inline v0
