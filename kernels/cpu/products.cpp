// SPDX-License-Identifier: Apache-2.0
#include "cpu/products.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Four elements n, n + 1, … of one column of a panel of weights, as words.
Quad column_floats(const PackedMatrix& w, const char* panel, int64_t col, int n) {
  if (w.dtype == Dtype::f32) return load_as<Quad>(panel + (col * kPanel + n) * 4);
  if (w.dtype == Dtype::bf16) {
    const Quad pairs = load_as<Quad>(panel + (col / 2 * kPanel + n) * 4);
    return col % 2 == 0 ? pairs << 16 : pairs & 0xffff0000u;
  }
  const uint16_t* halves = reinterpret_cast<const uint16_t*>(panel) + col * kPanel + n;
  Quad quad;
  for (int i = 0; i < 4; ++i) quad[i] = bits<uint32_t>(from_f16(halves[i]));
  return quad;
}

// The same of eight bf16, two a word.
Quad column_pairs(const char* panel, int64_t col, int n) {
  typedef uint32_t Words __attribute__((vector_size(32)));
  typedef uint16_t Halves __attribute__((vector_size(16)));
  Words words;
  memcpy(&words, panel + (col / 2 * kPanel + n) * 4, sizeof(words));
  return bits<Quad>(__builtin_convertvector(words >> static_cast<uint32_t>(col % 2 * 16), Halves));
}

// One panel of the transpose: 32 columns of the weight, rows [k, k + depth), from packed panels.
void transpose_panel(Form form, const PackedMatrix& w, int64_t index, int k, int depth, uint32_t* out) {
  const int64_t col = index * kPanel;
  const int cols = static_cast<int>(min<int64_t>(kPanel, w.cols - col));
  for (int n = 0; n < depth; n += kPanel) {
    const char* panel = panel_of(w, (k + n) / kPanel);
    const int words = static_cast<int>(words_of(form, min(kPanel, depth - n)));
    uint32_t* to = out + words_of(form, n) * kPanel;
    if (form == Form::bf16)
      pack_rows([&](int r, int i) { return column_pairs(panel, col + r, 2 * i); }, cols, kPanel, words, to);
    else
      pack_rows([&](int r, int i) { return column_floats(w, panel, col + r, i); }, cols, kPanel, words, to);
  }
}

}  // namespace

const ProductTable& forward_product(Dtype dtype, Compute compute) {
  const bool bf16 = compute != Compute::f32 && kMultipliesBf16;
  if (dtype == Dtype::f32) return kFloatByFloat;
  if (dtype == Dtype::f16) return kFloatByF16;
  if (dtype == Dtype::bf16) return bf16 ? kBf16ByBf16 : kFloatByBf16;
  return bf16 ? kBf16ByBf16 : kFloatByFloat;
}

const ProductTable& backward_product(Dtype dtype, Compute compute) {
  const bool bf16 = compute != Compute::f32 && kMultipliesBf16;
  return bf16 && dtype != Dtype::f32 && dtype != Dtype::f16 ? kBf16ByBf16 : kFloatByFloat;
}

Pieces forward_pieces(const ProductTable& product, const PackedMatrix& w, int64_t first, int64_t end, int k, int depth,
                      char* memory) {
  if (!is_quantised(w.dtype))
    return {panel_of(w, first) + static_cast<int64_t>(k / product.elements) * product.right_bytes,
            panel_bytes(w.dtype, w.cols)};
  const int64_t stride = words_of(product.form, depth) * kPanel * 4;
  for (int64_t panel = first; panel < end; ++panel)
    decode_panel(product.form, w, panel, k, depth, reinterpret_cast<uint32_t*>(memory + (panel - first) * stride));
  return {memory, stride};
}

Pieces backward_pieces(const ProductTable& product, const PackedMatrix& w, int64_t first, int64_t end, int k, int depth,
                       char* memory) {
  const auto make_panel = is_quantised(w.dtype) ? decode_transposed_panel : transpose_panel;
  const int64_t stride = words_of(product.form, depth) * kPanel * 4;
  for (int64_t panel = first; panel < end; ++panel)
    make_panel(product.form, w, panel, k, depth, reinterpret_cast<uint32_t*>(memory + (panel - first) * stride));
  return {memory, stride};
}

}  // namespace graft::v0::cpu::GRAFT_ISA
