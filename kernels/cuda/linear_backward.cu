// SPDX-License-Identifier: Apache-2.0
//
// The gradient of a group of weights' common input, and those of the factors of their low-rank edits: products by
// cuBLAS, with tiles of the weights decoded to what they take.
#include "cuda/device.cuh"
#include "cuda/gemm.hpp"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

Side turned(const Side& x) { return {x.data, x.stride, !x.transposed}; }

// dx += dy · w
void add_product(const Stream& stream, Form form, const Side& dy, int rows, const PackedMatrix& w,
                 const GradientSum& dx) {
  const int64_t size = form == Form::f32 ? 4 : 2;
  const int tile = int(larger<int64_t>(1, kTileElements / larger(1, w.cols)));
  for (int first = 0; first < w.rows; first += tile) {
    const int count = smaller(tile, w.rows - first);
    const Converted part(stream, form, w, first, count);
    const Side columns = {static_cast<const char*>(dy.data) + first * size, dy.stride};
    gemm(stream, form, columns, part.side(), dx.data, w.cols, rows, w.cols, count, 1, first > 0 || !dx.is_unset);
  }
}

void add_edit(const Stream& stream, Form form, const Side& dy, int rows, int outputs, int inputs,
              const LowRankGradient& edit, float* dx) {
  const int rank = edit.up.cols;
  {
    const Converted up(stream, form, edit.up, 0, outputs);
    gemm(stream, form, dy, up.side(), edit.dhidden, rank, rows, rank, outputs, edit.scale, false);
  }
  if (edit.dup) {
    const Converted hidden(stream, form, Operand{edit.hidden, rank}, rows, rank);
    gemm(stream, form, turned(dy), hidden.side(), edit.dup, rank, outputs, rank, rows, edit.scale, true);
  }
  const Converted dhidden(stream, form, Operand{edit.dhidden, rank}, rows, rank);
  if (dx && edit.down.data) add_product(stream, form, dhidden.side(), rows, edit.down, dx);
  if (edit.ddown) {
    const Converted x(stream, form, edit.x, rows, inputs);
    gemm(stream, form, turned(dhidden.side()), x.side(), edit.ddown, inputs, rank, inputs, rows, 1, true);
  }
}

}  // namespace

bool rounds_gradient(Dtype, Compute compute) { return form_of(compute) == Form::bf16; }

void linear_backward(const Stream& stream, Compute compute, const Operand* dy, int rows, const PackedMatrix* weights,
                     const LowRankGradient* low_rank, int count, GradientSum dx) {
  if (rows == 0) return;
  const Form form = form_of(compute);
  for (int i = 0; i < count; ++i) {
    const PackedMatrix& w = weights[i];
    const Converted slopes(stream, form, dy[i], rows, w.rows);
    if (dx) add_product(stream, form, slopes.side(), rows, w, dx);
    dx.is_unset = false;
    if (low_rank && low_rank[i].up.data)
      add_edit(stream, form, slopes.side(), rows, w.rows, w.cols, low_rank[i], dx.data);
  }
}

}  // namespace graft::inline v0::cuda
