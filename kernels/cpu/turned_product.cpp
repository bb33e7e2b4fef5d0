// SPDX-License-Identifier: Apache-2.0
#include "cpu/turned_product.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kOutputs = 96;  // a task: whole tiles of the left operand, and whole panels

Left rows_of(const PackedMatrix& w) {
  return Left(Form::f32, w.rows, w.cols, Operand{static_cast<const float*>(w.data), w.cols});
}

// The rows of x as the right operand of a product.
struct RightRows {
  const Operand& x;
  int rows, depth;
  uint32_t* words;

  int64_t panels() const { return ceil_div(rows, kPanel); }
  int64_t stride() const { return int64_t{depth} * kPanel; }  // words from a panel to the next
  // Of panel p, elements [k, k + count) of the depth.
  void pack(int64_t p, int k, int count) const {
    const int height = static_cast<int>(min<int64_t>(kPanel, rows - p * kPanel));
    pack_floats(Form::f32, x.data + p * kPanel * x.stride + k, x.stride, height, kPanel, count,
                words + p * stride() + int64_t{k} * kPanel);
  }
  Pieces pieces(int k) const {
    return {reinterpret_cast<const char*>(words + int64_t{k} * kPanel), stride() * int64_t{sizeof(uint32_t)}};
  }
};

void pack(const Stream& stream, const RightRows& right) {
  constexpr int kDepth = 256;  // a task
  const int64_t pieces = ceil_div(right.depth, kDepth);
  parallel_for(stream, right.panels() * pieces, [&](int64_t task, int) {
    const int k = static_cast<int>(task % pieces) * kDepth;
    right.pack(task / pieces, k, min(kDepth, right.depth - k));
  });
}

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

void multiply(const RightRows& right, const PackedMatrix& w, const float* bias, const Turned& out, float* y) {
  if (bias) out.start(bias);
  const Left left = rows_of(w).part(out.first, out.count);
  multiply_block(kFloatByFloat, left, 0, left.tiles(), 0, right.panels(), 2 * depth_of(Form::f32),
                 [&](int k, int) { return right.pieces(k); },
                 {out.values, out.stride, right.rows, nullptr, 1, bias != nullptr});
  out.turn(right.rows, y, w.rows);
}

}  // namespace

bool is_turned(const Operand& x, int rows, const PackedMatrix& w) {
  const int64_t moved = int64_t{rows} * (w.rows + w.cols);
  return w.in_rows && x.data && !x.halves && rows_of(w).in_place && 2 * moved < int64_t{w.rows} * w.cols;
}

void multiply_turned(const Stream& stream, const Operand& x, int rows, const PackedMatrix* weights,
                     const float* const* bias, float* const* y, int first_row, int count) {
  RightRows right = {x, rows, weights[0].cols, nullptr};
  const int64_t words = right.panels() * right.stride(), stride = round_up(rows, kBlock);
  const int64_t worker_bytes = scratch_bytes<float>(kOutputs * stride);
  Scratch scratch = {static_cast<char*>(stream.scratch(
      stream.context, static_cast<size_t>(scratch_bytes<uint32_t>(words) + worker_bytes * stream.workers)))};
  right.words = scratch.take<uint32_t>(words);
  pack(stream, right);
  int64_t tasks = 0;
  for (int i = 0; i < count; ++i) tasks += ceil_div(weights[i].rows, kOutputs);
  parallel_for(stream, tasks, [&](int64_t task, int worker) {
    int i = 0;
    for (; task >= ceil_div(weights[i].rows, kOutputs); ++i) task -= ceil_div(weights[i].rows, kOutputs);
    const PackedMatrix& w = weights[i];
    const int first = static_cast<int>(task) * kOutputs;
    const Turned out = {reinterpret_cast<float*>(scratch.next + worker * worker_bytes), stride, first,
                        min(kOutputs, w.rows - first)};
    multiply(right, w, bias ? bias[i] : nullptr, out, y[i] + int64_t{first_row} * w.rows);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
