// SPDX-License-Identifier: Apache-2.0
//
// A group of weights by one input, with low-rank edits (Hu et al. 2021). Weights that take few rows, and all their
// factors `down`, go side by side in as few launches as their dtypes allow, then all factors `up`, whatever adapters
// the batch has or experts it is routed to. Many rows: a tile of a weight is decoded to what the product takes and goes
// through cuBLAS.
#include "cuda/blocks.cuh"
#include "cuda/gemm.hpp"
#include "cuda/rows_product.hpp"
#include "cuda/table.hpp"

namespace graft::inline v0::cuda {
namespace {

Side rows_from(Form form, const Side& x, int64_t first) {
  return {static_cast<const char*>(x.data) + first * x.stride * (form == Form::f32 ? 4 : 2), x.stride};
}

// y = x · wᵀ + bias, of many rows.
void multiply_many(const Stream& stream, Form form, const Side& x, int rows, const PackedMatrix& w, const float* bias,
                   float* y) {
  const int outputs = w.rows;
  if (bias)
    for_each(stream, int64_t(rows) * outputs, [=] __device__(int64_t i) { store(y + i, load(bias + i % outputs)); });
  const int tile = int(larger<int64_t>(1, kTileElements / larger(1, w.cols)));
  for (int first = 0; first < outputs; first += tile) {
    const int count = smaller(tile, outputs - first);
    const Converted part(stream, form, w, first, count);
    gemm(stream, form, x, {part.side().data, part.side().stride, true}, y + first, outputs, rows, count, w.cols, 1,
         bias != nullptr);
  }
}

// hidden = x · downᵀ and y += scale · hidden · upᵀ, of many rows.
void apply_edit(const Stream& stream, Form form, const Side& x, int inputs, const LowRankEdit& edit, float* y) {
  const int rank = edit.up.cols, outputs = edit.up.rows;
  if (edit.down.data) {
    const Converted down(stream, form, edit.down, 0, rank);
    gemm(stream, form, rows_from(form, x, edit.first), {down.side().data, down.side().stride, true}, edit.hidden, rank,
         edit.rows, rank, inputs, 1, false);
  }
  const Converted hidden(stream, form, Operand{edit.hidden, rank}, edit.rows, rank),
      up(stream, form, edit.up, 0, outputs);
  gemm(stream, form, hidden.side(), {up.side().data, up.side().stride, true}, y + int64_t(edit.first) * outputs,
       outputs, edit.rows, outputs, rank, edit.scale, true);
}

// Of the edits of few rows: hidden = x · downᵀ behind the products that are there already.
int add_downs(const Operand& x, const LowRankEdit* edits, int edit_count, const HostArray<RowsProduct>& products,
              int count) {
  for (int i = 0; i < edit_count; ++i)
    if (edits[i].rows <= kFewRows && edits[i].down.data)
      products[count++] = {x.from_row(edits[i].first), edits[i].rows, edits[i].down, nullptr, edits[i].hidden};
  return count;
}
int add_ups(const LowRankEdit* edits, int edit_count, float* const* y, const HostArray<RowsProduct>& products) {
  int count = 0;
  for (int i = 0; i < edit_count; ++i) {
    const LowRankEdit& e = edits[i];
    if (e.rows <= kFewRows)
      products[count++] = {
          {e.hidden, e.up.cols}, e.rows, e.up, nullptr, y[e.weight] + int64_t(e.first) * e.up.rows, e.scale, true};
  }
  return count;
}

}  // namespace

bool rounds_input(Dtype, Compute compute, int rows) {
  return compute == Compute::bf16 || (compute == Compute::int8 && rows > kFewRows);
}

void linear(const Stream& stream, Compute compute, Operand x, int rows, const PackedMatrix* weights,
            const float* const* bias, float* const* y, int count, const LowRankEdit* edits, int edit_count,
            const RowSpan* ranges) {
  if (rows == 0 || count == 0) return;
  const int inputs = weights[0].cols;
  const bool rounds = compute == Compute::bf16;
  const Form form = form_of(compute);
  bool has_many = false;
  for (int i = 0; i < count; ++i) has_many = has_many || (ranges ? ranges[i].rows : rows) > kFewRows;
  const Converted input(stream, form, x, has_many ? rows : 0, inputs);
  const HostArray<RowsProduct> products(count + edit_count);
  int few = 0;
  for (int i = 0; i < count; ++i) {
    const RowSpan of = ranges ? ranges[i] : RowSpan{0, rows};
    const float* const shift = bias ? bias[i] : nullptr;
    float* const out = y[i] + int64_t(of.first) * weights[i].rows;
    if (of.rows > kFewRows)
      multiply_many(stream, form, rows_from(form, input.side(), of.first), of.rows, weights[i], shift, out);
    else if (of.rows > 0)
      products[few++] = {x.from_row(of.first), of.rows, weights[i], shift, out};
  }
  for (int i = 0; i < edit_count; ++i)
    if (edits[i].rows > kFewRows) apply_edit(stream, form, input.side(), inputs, edits[i], y[edits[i].weight]);
  multiply_rows(stream, rounds, products.get(), add_downs(x, edits, edit_count, products, few));
  multiply_rows(stream, rounds, products.get(), add_ups(edits, edit_count, y, products));
}

}  // namespace graft::inline v0::cuda
