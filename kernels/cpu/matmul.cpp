// SPDX-License-Identifier: Apache-2.0
#include "cpu/sparse_product.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void matmul(const Stream& stream, Compute compute, Operand a, Operand b, float* c, int64_t c_stride, int m, int n,
            int k, float alpha, bool add) {
  if (m == 0 || n == 0) return;
  const Form form = compute != Compute::f32 && multiplies_bf16() ? Form::bf16 : Form::f32;
  const ProductTable& product = form == Form::bf16 ? kBf16ByBf16 : kFloatByFloat;
  const int64_t panels = ceil_div(n, kPanel), stride = words_of(form, k) * kPanel * 4;
  Left left(form, m, k, a);
  const bool sparse = form == Form::f32 && alpha == 1 && is_sparse(a, m, k);
  const int64_t left_bytes = sparse ? sparse_bytes(m, k) : scratch_bytes<uint32_t>(left.memory_words());
  Scratch scratch = {
      static_cast<char*>(stream.scratch(stream.context, static_cast<size_t>(left_bytes + panels * stride)))};
  char* left_memory = scratch.take<char>(left_bytes);
  char* right = scratch.take<char>(panels * stride);
  pack_right(stream, form, b, n, k, right, stride);
  if (sparse) return multiply_sparse(stream, a, right, stride, left_memory, c, c_stride, m, n, k, add);
  left.use(reinterpret_cast<uint32_t*>(left_memory));
  pack_left(stream, left, a);

  const int block = left.tiles_per_block(kBlockRows);
  const int64_t blocks = ceil_div(left.tiles(), block), group = group_panels(blocks, panels);
  const int64_t groups = ceil_div(panels, group);
  const Output out = {c, c_stride, n, nullptr, alpha, add};
  parallel_for(stream, blocks * groups, [&](int64_t task, int) {
    const int64_t tile = task / groups * block, panel = task % groups * group;
    const auto pieces = [&](int at, int) {
      return Pieces{right + panel * stride + at / product.elements * product.right_bytes, stride};
    };
    multiply_block(product, left, tile, min<int64_t>(left.tiles(), tile + block), panel, min(panels, panel + group),
                   2 * depth_of(form), pieces, out);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
