// SPDX-License-Identifier: Apache-2.0
#include "cpu/products.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// The weights of a call, cut into tasks.
struct Group {
  const Stream& stream;
  const float* x;
  int rows;
  const PackedMatrix* weights;
  const float* const* bias;
  float* const* y;
  int count;
  int64_t row_blocks, panels_a_task;

  int64_t tasks(const PackedMatrix& w) const { return row_blocks * ceil_div(ceil_div(w.rows, kPanel), panels_a_task); }
};

void multiply_task(const Group& group, int weight, const ProductTable& product, const Left& left, int64_t task,
                   const Workspace& memory) {
  const PackedMatrix& w = group.weights[weight];
  const int64_t panels = ceil_div(w.rows, kPanel), groups = ceil_div(panels, group.panels_a_task);
  const int64_t block = ceil_div(left.tiles(), group.row_blocks);
  const int64_t tile = task / groups * block, panel = task % groups * group.panels_a_task;
  const int64_t end_panel = min(panels, panel + group.panels_a_task);
  const Output out = {group.y[weight], w.rows, w.rows, group.bias ? group.bias[weight] : nullptr, 1, false};
  const auto pieces = [&](int k, int depth) { return forward_pieces(product, w, panel, end_panel, k, depth, memory); };
  multiply_block(product, left, tile, min<int64_t>(left.tiles(), tile + block), panel, end_panel, pieces, out);
}

}  // namespace

void linear(const Stream& stream, Compute compute, const float* x, int rows, const PackedMatrix* weights,
            const float* const* bias, float* const* y, int count) {
  if (rows == 0 || count == 0) return;
  const int cols = weights[0].cols;
  bool uses[2] = {}, decodes = false;
  int64_t panels = 0, tasks = 0;
  for (int i = 0; i < count; ++i) {
    uses[static_cast<int>(forward_product(weights[i].dtype, compute).form)] = true;
    decodes = decodes || !is_packed(weights[i].dtype);
    panels += ceil_div(weights[i].rows, kPanel);
  }
  const int64_t row_blocks = ceil_div(rows, decodes ? kReusedRows : kBlockRows);
  const Group group = {stream, x, rows, weights, bias, y, count, row_blocks, group_panels(row_blocks, panels)};
  for (int i = 0; i < count; ++i) tasks += group.tasks(weights[i]);

  const int64_t worker_bytes = kPanelsBytes + kRowsBytes;
  int64_t bytes = worker_bytes * stream.workers;
  if (uses[0]) bytes += Left::bytes(Form::f32, rows, cols);
  if (uses[1]) bytes += Left::bytes(Form::bf16, rows, cols);
  Scratch scratch = {static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(bytes)))};
  char* workers = scratch.take<char>(worker_bytes * stream.workers);
  Left lefts[2] = {{Form::f32, rows, cols, nullptr}, {Form::bf16, rows, cols, nullptr}};
  for (Left& left : lefts)
    if (uses[static_cast<int>(left.form)]) {
      left.words = scratch.take<uint32_t>(rows * Left::row_words(left.form, cols));
      pack_left(stream, left, {x, cols, false});
    }

  parallel_for(stream, tasks, [&](int64_t task, int worker) {
    int weight = 0;
    for (; task >= group.tasks(weights[weight]); ++weight) task -= group.tasks(weights[weight]);
    const ProductTable& product = forward_product(weights[weight].dtype, compute);
    char* memory = workers + worker * worker_bytes;
    multiply_task(group, weight, product, lefts[static_cast<int>(product.form)], task,
                  {memory, reinterpret_cast<float*>(memory + kPanelsBytes)});
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
