// SPDX-License-Identifier: Apache-2.0
#include "cpu/factor_gradients.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void FactorGradients::pack(int first, int end) const {
  const Form form = product_.form;
  const int64_t word = first / elements_of(form);
  const int depth = end - first;
  if (edit_.dup)
    for (int col = 0; col < rank(); col += kPanel)
      pack_columns(form, edit_.hidden + int64_t{first} * rank() + col, rank(), min(kPanel, rank() - col), kPanel, depth,
                   hidden_ + col * words_of(form, rows()) + word * kPanel);
  if (edit_.ddown)
    for (int tile = 0; tile < dhidden_.tiles(); ++tile)
      pack_tile_columns(dhidden_, tile, edit_.dhidden + int64_t{first} * rank() + tile * dhidden_.height, rank(), first,
                        depth);
}

void FactorGradients::add(int64_t task, char* memory) const {
  if (task < up_tasks()) {
    const int first = static_cast<int>(task) * kOutputs;
    add_up(first, min(kOutputs, dy_.depth - first), memory);
  } else if (task < tasks()) {
    const int64_t panel = (task - up_tasks()) * kInputPanels;
    add_down(panel, min(ceil_div(inputs(), kPanel), panel + kInputPanels), memory);
  }
}

// Rows [first, first + count) of dup.
void FactorGradients::add_up(int first, int count, char* memory) const {
  const Form form = product_.form;
  const Left columns(form, count, rows(), reinterpret_cast<uint32_t*>(memory), true);
  Operand dy = {nullptr, dy_.stride * elements_of(form), true};
  if (form == Form::bf16)
    dy.halves = reinterpret_cast<const uint16_t*>(dy_.words) + first;
  else
    dy.data = reinterpret_cast<const float*>(dy_.words) + first;
  pack_tiles(columns, dy, 0, columns.tiles());
  const int64_t stride = words_of(form, rows()) * kPanel * 4;
  const auto pieces = [&](int k, int) {
    return Pieces{reinterpret_cast<const char*>(hidden_) + k / product_.elements * product_.right_bytes, stride};
  };
  multiply_block(product_, columns, 0, columns.tiles(), 0, ceil_div(rank(), kPanel), depth_of(form), pieces,
                 {edit_.dup + int64_t{first} * rank(), rank(), rank(), nullptr, edit_.scale, true});
}

// The columns of some panels of ddown.
void FactorGradients::add_down(int64_t panel, int64_t end, char* memory) const {
  const Form form = product_.form;
  const auto pieces = [&](int k, int depth) {
    const int64_t words = words_of(form, depth) * kPanel;
    for (int64_t p = panel; p < end; ++p) {
      uint32_t* out = reinterpret_cast<uint32_t*>(memory) + (p - panel) * words;
      const int64_t at = k * edit_.x.stride + p * kPanel;
      const int cols = static_cast<int>(min<int64_t>(kPanel, inputs() - p * kPanel));
      if (edit_.x.halves)
        pack_columns(form, edit_.x.halves + at, edit_.x.stride, cols, kPanel, depth, out);
      else
        pack_columns(form, edit_.x.data + at, edit_.x.stride, cols, kPanel, depth, out);
    }
    return Pieces{memory, words * 4};
  };
  multiply_block(product_, dhidden_, 0, dhidden_.tiles(), panel, end, depth_of(form), pieces,
                 {edit_.ddown, inputs(), inputs(), nullptr, 1, true});
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
