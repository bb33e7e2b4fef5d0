// SPDX-License-Identifier: Apache-2.0
//
// A group of weights by one input, which is prepared once in each form that they need: packed floats, packed bf16, or
// bytes for integer products. The low-rank edits ride along: in a pass of many rows their two small products are done
// by the tasks that have the operands in the caches; few rows wait for memory, so there they are tasks beside the
// others.
#include "cpu/linear_quantised.hpp"
#include "cpu/low_rank.hpp"
#include "cpu/table.hpp"
#include "cpu/turned_product.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

struct Call {
  Compute compute;
  Operand x;
  int rows, cols;
  const PackedMatrix* weights;
  const float* const* bias;
  float* const* outputs;  // of all rows, those of the call begin at first_row
  int first_row, count;

  float* y(int i) const { return outputs[i] + int64_t{first_row} * weights[i].rows; }
  bool in_integers(const PackedMatrix& w) const { return takes_integers(w.dtype, compute, rows); }
};

constexpr int kPreparedTiles = 2;  // of the input a task

// How the weights are cut into tasks, and which forms of the input they need.
struct Plan {
  bool needs_f32 = false, needs_bf16 = false, needs_bytes = false;
  int64_t row_blocks, panels_a_task, tasks = 0;

  Plan(const Call& call, const LowRankEdits& edits) {
    bool makes_some = false;
    int64_t panels = 0;
    for (int i = 0; i < call.count; ++i) {
      const PackedMatrix& w = call.weights[i];
      if (call.in_integers(w))
        needs_bytes = true;
      else
        need(forward_product(w.dtype, call.compute).form);
      makes_some = makes_some || makes_panels(w);
      panels += ceil_div(w.rows, kPanel);
    }
    for (int i = 0; i < edits.count(); ++i)
      if (edits[i].down.data) need(edits.input_form(i));
    row_blocks = ceil_div(call.rows, makes_some ? kReusedRows : kBlockRows);
    panels_a_task = group_panels(row_blocks, panels);
    for (int i = 0; i < call.count; ++i) tasks += tasks_of(call.weights[i]);
  }
  int64_t tasks_of(const PackedMatrix& w) const {
    return row_blocks * ceil_div(ceil_div(w.rows, kPanel), panels_a_task);
  }

 private:
  void need(Form form) { (form == Form::bf16 ? needs_bf16 : needs_f32) = true; }
};

// The input in its forms, and the workers' memory.
class Input {
 public:
  Input(const Stream& stream, const Plan& plan, const Call& call, LowRankEdits& edits)
      : f32_(Form::f32, call.rows, call.cols, call.x),
        bf16_(Form::bf16, call.rows, call.cols, call.x),
        bytes_{nullptr, call.cols},
        f32_words_(plan.needs_f32 ? f32_.memory_words() : 0),
        bf16_words_(plan.needs_bf16 ? bf16_.memory_words() : 0),
        byte_bytes_(plan.needs_bytes ? ByteRows::bytes(call.rows, call.cols) : 0),
        memory_(stream, memory_of_worker(plan),
                scratch_bytes<uint32_t>(f32_words_) + scratch_bytes<uint32_t>(bf16_words_) +
                    scratch_bytes<char>(byte_bytes_) + scratch_bytes<uint32_t>(edits.words())) {
    Scratch shared = memory_.shared();
    f32_.use(shared.take<uint32_t>(f32_words_));
    bf16_.use(shared.take<uint32_t>(bf16_words_));
    bytes_.blocks = reinterpret_cast<ByteBlock*>(shared.take<char>(byte_bytes_));
    edits.use(shared.take<uint32_t>(edits.words()));
  }

  void prepare(const Operand& x, int64_t tile, int64_t end_tile) const {
    if (f32_words_ > 0) pack_tiles(f32_, x, tile, end_tile);
    if (bf16_words_ > 0) pack_tiles(bf16_, x, tile, end_tile);
    if (byte_bytes_ > 0) round_rows(x.data, first_row(tile), first_row(end_tile), bytes_);
  }
  bool is_ready() const { return f32_words_ + bf16_words_ + byte_bytes_ == 0; }
  // Both have the same tiles.
  const Left& left(Form form) const { return form == Form::bf16 ? bf16_ : f32_; }
  const ByteRows& bytes() const { return bytes_; }
  int64_t first_row(int64_t tile) const { return min<int64_t>(f32_.rows, tile * f32_.height); }
  int tiles() const { return f32_.tiles(); }
  char* of_worker(int worker) const { return memory_.of_worker(worker); }

 private:
  static int64_t memory_of_worker(const Plan& plan) {
    const int64_t pieces = plan.needs_f32 || plan.needs_bf16 ? kPanelsBytes : 0;
    return max(pieces, plan.needs_bytes ? integer_memory() : 0);
  }

  Left f32_, bf16_;
  ByteRows bytes_;
  int64_t f32_words_, bf16_words_, byte_bytes_;  // made anew for this call
  Workspace memory_;
};

// A block of rows of one weight's outputs.
struct Block {
  int weight;
  int64_t row, end_row, panel, end_panel;
};

// Blocks are of equal height, in tiles where the input lies in tiles.
Block block_of(const Call& call, const Plan& plan, const Input& input, int64_t task) {
  int i = 0;
  for (; task >= plan.tasks_of(call.weights[i]); ++i) task -= plan.tasks_of(call.weights[i]);
  const PackedMatrix& w = call.weights[i];
  const int64_t panels = ceil_div(w.rows, kPanel);
  const int64_t panel = task / plan.row_blocks * plan.panels_a_task;
  const bool in_tiles = !call.in_integers(w);
  const int64_t height = in_tiles ? ceil_div(input.tiles(), plan.row_blocks) * input.left(Form::f32).height
                                  : ceil_div(call.rows, plan.row_blocks);
  const int64_t row = min<int64_t>(call.rows, task % plan.row_blocks * height);
  return {i, row, min<int64_t>(call.rows, row + height), panel, min(panels, panel + plan.panels_a_task)};
}

void multiply(const Call& call, const Input& input, const Block& at, int worker) {
  const PackedMatrix& w = call.weights[at.weight];
  const float* bias = call.bias ? call.bias[at.weight] : nullptr;
  char* memory = input.of_worker(worker);
  if (call.in_integers(w)) {
    multiply_integers({w, at.panel, at.end_panel, input.bytes(), static_cast<int>(at.row), static_cast<int>(at.end_row),
                       bias, call.y(at.weight), memory});
    return;
  }
  const ProductTable& product = forward_product(w.dtype, call.compute);
  const Left& left = input.left(product.form);
  const int depth = depth_of(product.form) * (is_quantised(w.dtype) ? 1 : 2);
  const Output out = {call.y(at.weight), w.rows, w.rows, bias, 1, false};
  const int64_t at_once = w.in_rows ? 1 : at.end_panel - at.panel;  // pieces of floats that are made are large
  for (int64_t panel = at.panel, end; panel < at.end_panel; panel = end) {
    end = panel + at_once;
    const auto pieces = [&](int k, int deep) { return forward_pieces(product, w, panel, end, k, deep, memory); };
    multiply_block(product, left, at.row / left.height, ceil_div(at.end_row, left.height), panel, end, depth, pieces,
                   out);
  }
}

// Many rows: `hidden` is made of the rows that were prepared, and used where their outputs were written.
void multiply_many(const Stream& stream, const Call& call, const Plan& plan, const Input& input,
                   const LowRankEdits& edits) {
  const bool is_ready = input.is_ready() && edits.count() == 0;
  parallel_for(stream, is_ready ? 0 : ceil_div(input.tiles(), kPreparedTiles), [&](int64_t task, int) {
    const int64_t tile = task * kPreparedTiles, end = tile + kPreparedTiles;
    input.prepare(call.x, tile, min<int64_t>(input.tiles(), end));
    for (int i = 0; i < edits.count(); ++i)
      edits.make_hidden(i, input.left(edits.input_form(i)), input.first_row(tile), input.first_row(end));
  });
  parallel_for(stream, plan.tasks, [&](int64_t task, int worker) {
    const Block block = block_of(call, plan, input, task);
    multiply(call, input, block, worker);
    for (int i = 0; i < edits.count(); ++i)
      if (edits[i].weight == block.weight)
        edits.add(i, block.row, block.end_row, block.panel, block.end_panel, call.y(block.weight));
  });
}

void multiply_few(const Stream& stream, const Call& call, const Plan& plan, const Input& input,
                  const LowRankEdits& edits) {
  input.prepare(call.x, 0, input.tiles());
  parallel_for(stream, edits.count() + plan.tasks, [&](int64_t task, int worker) {
    if (task < edits.count()) {
      const int i = static_cast<int>(task);
      edits.make_hidden(i, input.left(edits.input_form(i)), 0, call.rows);
    } else {
      multiply(call, input, block_of(call, plan, input, task - edits.count()), worker);
    }
  });
  constexpr int kPanels = 16;  // of a weight a task
  int64_t most = 0;
  for (int i = 0; i < edits.count(); ++i) most = max<int64_t>(most, ceil_div(edits[i].up.rows, kPanels * kPanel));
  parallel_for(stream, edits.count() * most, [&](int64_t task, int) {
    const int i = static_cast<int>(task / most);
    const int64_t panel = task % most * kPanels, panels = ceil_div(edits[i].up.rows, kPanel);
    if (panel < panels) edits.add(i, 0, call.rows, panel, min(panels, panel + kPanels), call.y(edits[i].weight));
  });
}

bool turns(const Call& call) {
  for (int i = 0; i < call.count; ++i)
    if (!is_turned(call.x, call.rows, call.weights[i])) return false;
  return true;
}

void multiply_group(const Stream& stream, const Call& call, LowRankEdits edits) {
  if (edits.count() == 0 && turns(call))
    return multiply_turned(stream, call.x, call.rows, call.weights, call.bias, call.outputs, call.first_row,
                           call.count);
  const Plan plan(call, edits);
  const Input input(stream, plan, call, edits);
  const auto multiply_rows = input.tiles() > kPreparedTiles ? multiply_many : multiply_few;
  multiply_rows(stream, call, plan, input, edits);
}

}  // namespace

bool rounds_input(Dtype dtype, Compute compute, int rows) {
  return !takes_integers(dtype, compute, rows) && forward_product(dtype, compute).form == Form::bf16;
}

void linear(const Stream& stream, Compute compute, Operand x, int rows, const PackedMatrix* weights,
            const float* const* bias, float* const* y, int count, const LowRankEdit* edits, int edit_count,
            const RowSpan* ranges) {
  const auto range_of = [&](int i) { return ranges ? ranges[i] : RowSpan{0, rows}; };
  int edit = 0;
  for (int i = 0, end; i < count; i = end) {
    const RowSpan range = range_of(i);
    for (end = i + 1; end < count && range_of(end).first == range.first && range_of(end).rows == range.rows;) ++end;
    const int first_edit = edit;
    while (edit < edit_count && edits[edit].weight < end) ++edit;
    const Call call = {compute,     x.from_row(range.first),   range.rows, weights[i].cols,
                       weights + i, bias ? bias + i : nullptr, y + i,      range.first,
                       end - i};
    if (range.rows > 0) multiply_group(stream, call, {compute, edits + first_edit, edit - first_edit, i, range.first});
  }
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
