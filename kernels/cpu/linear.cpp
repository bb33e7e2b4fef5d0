// SPDX-License-Identifier: Apache-2.0
//
// A group of weights by one input, which is prepared once in each form that they need: packed floats, packed bf16, or
// bytes for integer products.
#include "cpu/linear_quantised.hpp"
#include "cpu/products.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

struct Call {
  Compute compute;
  const float* x;
  int rows, cols;
  const PackedMatrix* weights;
  const float* const* bias;
  float* const* y;
  int count;
};

// How the weights are cut into tasks, and which forms of the input they need.
struct Plan {
  bool needs_f32 = false, needs_bf16 = false, needs_bytes = false;
  int64_t row_blocks, panels_a_task, tasks = 0;

  explicit Plan(const Call& call) {
    bool makes_panels = false;
    int64_t panels = 0;
    for (int i = 0; i < call.count; ++i) {
      const PackedMatrix& w = call.weights[i];
      const bool as_bytes = takes_integers(w.dtype, call.compute);
      const bool as_bf16 = forward_product(w.dtype, call.compute).form == Form::bf16;
      needs_bytes = needs_bytes || as_bytes;
      needs_bf16 = needs_bf16 || (!as_bytes && as_bf16);
      needs_f32 = needs_f32 || (!as_bytes && !as_bf16);
      makes_panels = makes_panels || is_quantised(w.dtype);
      panels += ceil_div(w.rows, kPanel);
    }
    row_blocks = ceil_div(call.rows, makes_panels ? kReusedRows : kBlockRows);
    panels_a_task = group_panels(row_blocks, panels);
    for (int i = 0; i < call.count; ++i) tasks += tasks_of(call.weights[i]);
  }
  int64_t tasks_of(const PackedMatrix& w) const {
    return row_blocks * ceil_div(ceil_div(w.rows, kPanel), panels_a_task);
  }
};

// The input in its forms, and the workers' memory.
struct Input {
  char* workers;
  int64_t worker_bytes;
  Left f32, bf16;
  ByteRows bytes;

  static int64_t memory_of_worker(const Plan& plan) {
    const int64_t pieces = plan.needs_f32 || plan.needs_bf16 ? kPanelsBytes : 0;
    return max(pieces, plan.needs_bytes ? integer_memory() : 0);
  }
  static int64_t memory(const Plan& plan, const Call& call, int worker_count) {
    return memory_of_worker(plan) * worker_count + (plan.needs_f32 ? Left::bytes(Form::f32, call.rows, call.cols) : 0) +
           (plan.needs_bf16 ? Left::bytes(Form::bf16, call.rows, call.cols) : 0) +
           (plan.needs_bytes ? ByteRows::bytes(call.rows, call.cols) : 0);
  }
  Input(const Stream& stream, const Plan& plan, const Call& call, char* memory)
      : workers(memory),
        worker_bytes(memory_of_worker(plan)),
        f32(Form::f32, call.rows, call.cols, reinterpret_cast<uint32_t*>(memory + worker_bytes * stream.workers)),
        bf16(Form::bf16, call.rows, call.cols,
             f32.words + (plan.needs_f32 ? Left::bytes(Form::f32, call.rows, call.cols) / 4 : 0)),
        bytes{reinterpret_cast<ByteBlock*>(bf16.words +
                                           (plan.needs_bf16 ? Left::bytes(Form::bf16, call.rows, call.cols) / 4 : 0)),
              call.cols} {
    const Operand x = {call.x, call.cols, false};
    if (plan.needs_f32) pack_left(stream, f32, x);
    if (plan.needs_bf16) pack_left(stream, bf16, x);
    if (plan.needs_bytes) round_rows(stream, call.x, call.rows, bytes);
  }
};

void multiply_task(const Call& call, const Plan& plan, const Input& input, int weight, int64_t task, int worker) {
  const PackedMatrix& w = call.weights[weight];
  const float* bias = call.bias ? call.bias[weight] : nullptr;
  const int64_t panels = ceil_div(w.rows, kPanel), groups = ceil_div(panels, plan.panels_a_task);
  const int64_t panel = task % groups * plan.panels_a_task, end_panel = min(panels, panel + plan.panels_a_task);
  char* memory = input.workers + worker * input.worker_bytes;
  if (takes_integers(w.dtype, call.compute)) {
    const int64_t block = ceil_div(call.rows, plan.row_blocks), row = task / groups * block;
    multiply_integers({w, panel, end_panel, input.bytes, static_cast<int>(row),
                       static_cast<int>(min<int64_t>(call.rows, row + block)), bias, call.y[weight], memory});
    return;
  }
  const ProductTable& product = forward_product(w.dtype, call.compute);
  const Left& left = product.form == Form::bf16 ? input.bf16 : input.f32;
  const int64_t block = ceil_div(left.tiles(), plan.row_blocks), tile = task / groups * block;
  const auto pieces = [&](int k, int depth) { return forward_pieces(product, w, panel, end_panel, k, depth, memory); };
  const int depth = depth_of(product.form) * (is_quantised(w.dtype) ? 1 : 2);
  multiply_block(product, left, tile, min<int64_t>(left.tiles(), tile + block), panel, end_panel, depth, pieces,
                 {call.y[weight], w.rows, w.rows, bias, 1, false});
}

}  // namespace

void linear(const Stream& stream, Compute compute, const float* x, int rows, const PackedMatrix* weights,
            const float* const* bias, float* const* y, int count) {
  if (rows == 0 || count == 0) return;
  const Call call = {compute, x, rows, weights[0].cols, weights, bias, y, count};
  const Plan plan(call);
  const int64_t bytes = Input::memory(plan, call, stream.workers);
  const Input input(stream, plan, call, static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(bytes))));
  parallel_for(stream, plan.tasks, [&](int64_t task, int worker) {
    int weight = 0;
    for (; task >= plan.tasks_of(weights[weight]); ++weight) task -= plan.tasks_of(weights[weight]);
    multiply_task(call, plan, input, weight, task, worker);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
