// SPDX-License-Identifier: Apache-2.0
#include "cpu/turned_product.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kOutputs = 96;  // a task: whole tiles of the left operand, and whole panels

Left rows_of(const PackedMatrix& w) {
  return Left(Form::f32, w.rows, w.cols, Operand{static_cast<const float*>(w.data), w.cols});
}

int64_t tasks_of(const PackedMatrix& w) { return ceil_div(w.rows, kOutputs); }

// A task's outputs, a row each: of `count` outputs from `first` on, whose columns are the rows of y.
struct Turned {
  float* values;
  int64_t stride;
  int first, count;

  void start(const float* bias) const {
    for (int o = 0; o < count; ++o)
      for (int64_t i = 0; i < stride; ++i) values[o * stride + i] = bias[first + o];
  }
  void turn(int rows, float* y, int64_t y_stride) const {
    for (int o = 0; o < count; o += kPanel) {
      const int here = min(kPanel, count - o);
      alignas(64) uint32_t block[kBlock * kPanel];
      for (int r = 0; r < rows; r += kBlock) {
        const int height = min(kBlock, rows - r);
        pack_floats(Form::f32, values + o * stride + r, stride, here, kPanel, height, block);
        for (int i = 0; i < height; ++i)
          memcpy(y + (r + i) * y_stride + first + o, block + i * kPanel, static_cast<size_t>(here) * sizeof(float));
      }
    }
  }
};

}  // namespace

bool is_turned(const Operand& x, int rows, const PackedMatrix& w) {
  const int64_t moved = int64_t{rows} * (w.rows + w.cols);
  return w.in_rows && x.data && !x.halves && rows_of(w).in_place && 2 * moved < int64_t{w.rows} * w.cols;
}

void multiply_turned(const Stream& stream, const Operand& x, int rows, const PackedMatrix* weights,
                     const float* const* bias, float* const* y, int first_row, int count) {
  const int depth = weights[0].cols;
  const int64_t panels = ceil_div(rows, kPanel), panel_stride = int64_t{depth} * kPanel * 4;
  const int64_t stride = round_up(rows, kBlock);
  const Workspace memory(stream, scratch_bytes<float>(kOutputs * stride), panels * panel_stride);
  char* const right = memory.shared().take<char>(panels * panel_stride);
  pack_right(stream, Form::f32, {x.data, x.stride, true}, rows, depth, right, panel_stride);
  const auto pieces = [&](int k, int) { return Pieces{right + k * kFloatByFloat.right_bytes, panel_stride}; };
  int64_t tasks = 0;
  for (int i = 0; i < count; ++i) tasks += tasks_of(weights[i]);
  parallel_for(stream, tasks, [&](int64_t task, int worker) {
    int i = 0;
    for (; task >= tasks_of(weights[i]); ++i) task -= tasks_of(weights[i]);
    const PackedMatrix& w = weights[i];
    const int first = static_cast<int>(task) * kOutputs;
    const Turned out = {memory.of_worker<float>(worker), stride, first, min(kOutputs, w.rows - first)};
    const bool has_bias = bias && bias[i];
    if (has_bias) out.start(bias[i]);
    const Left left = rows_of(w).part(first, out.count);
    multiply_block(kFloatByFloat, left, 0, left.tiles(), 0, panels, 2 * depth_of(Form::f32), pieces,
                   {out.values, stride, rows, nullptr, 1, has_bias});
    out.turn(rows, y[i] + int64_t{first_row} * w.rows, w.rows);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
