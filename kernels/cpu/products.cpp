// SPDX-License-Identifier: Apache-2.0
#include "cpu/products.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// A block of elements n, n + 1, … of one column of a panel of weights, as floats.
Words column_floats(const PackedMatrix& w, const char* panel, int64_t col, int n) {
  const int width = panel_width(w);
  if (w.dtype == Dtype::f32) return load_as<Words>(panel + (col * width + n) * 4);
  if (w.dtype == Dtype::bf16) {
    const Words pairs = load_as<Words>(panel + (col / 2 * width + n) * 4);
    return col % 2 == 0 ? pairs << 16 : pairs & 0xffff0000u;
  }
  const uint16_t* halves = reinterpret_cast<const uint16_t*>(panel) + col * width + n;
  Words block;
  for (int i = 0; i < kBlock; ++i) block[i] = bits<uint32_t>(from_f16(halves[i]));
  return block;
}

#if defined(__AVX512BF16__)
// Of a panel of bf16 weights, whose steps are `step` bytes, rows [0, 2 * words) of 32 columns: pairs of neighbours in a
// row become pairs of neighbours in a column. A word holds two columns of a row, so a row's pairs of two words are
// sorted by column first, and then eight such columns of 64 bits are transposed.
void transpose_pairs(const char* panel, int64_t step, int64_t col, int cols, int words, uint32_t* out) {
  const __m512i by_column = _mm512_set_epi16(31, 29, 30, 28, 27, 25, 26, 24, 23, 21, 22, 20, 19, 17, 18, 16, 15, 13, 14,
                                             12, 11, 9, 10, 8, 7, 5, 6, 4, 3, 1, 2, 0);
  for (int half = 0; half * 8 < words; ++half)
    for (int c = 0; c < cols; c += 16) {
      __m512i q[8], t[8];
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) {
        const char* word = panel + ((col + c) / 2 + i) * step + half * 64;
        const __m512i pairs = c + 2 * i < cols ? _mm512_loadu_si512(word) : _mm512_setzero_si512();
        q[i] = _mm512_maskz_permutexvar_epi16(0xffffffff, by_column, pairs);
      }
#pragma GCC unroll 4
      for (int i = 0; i < 8; i += 2) {
        t[i] = _mm512_maskz_unpacklo_epi64(0xff, q[i], q[i + 1]);
        t[i + 1] = _mm512_maskz_unpackhi_epi64(0xff, q[i], q[i + 1]);
      }
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i) {
        const __m512i a = _mm512_maskz_shuffle_i64x2(0xff, t[i], t[i + 2], 0x88),
                      b = _mm512_maskz_shuffle_i64x2(0xff, t[i + 4], t[i + 6], 0x88);
        const __m512i e = _mm512_maskz_shuffle_i64x2(0xff, t[i], t[i + 2], 0xdd),
                      d = _mm512_maskz_shuffle_i64x2(0xff, t[i + 4], t[i + 6], 0xdd);
        q[i] = _mm512_maskz_shuffle_i64x2(0xff, a, b, 0x88);
        q[i + 4] = _mm512_maskz_shuffle_i64x2(0xff, a, b, 0xdd);
        q[i + 2] = _mm512_maskz_shuffle_i64x2(0xff, e, d, 0x88);
        q[i + 6] = _mm512_maskz_shuffle_i64x2(0xff, e, d, 0xdd);
      }
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i)
        if (half * 8 + i < words) _mm512_storeu_si512(out + (half * 8 + i) * kPanel + c, q[i]);
    }
}
#endif

// Reads some columns of the panels of rows [k, k + depth) into the caches: loads that follow each other come from
// memory twice as fast as those between the stores of what becomes of them.
void fetch_columns(const PackedMatrix& w, int64_t col, int cols, int k, int depth) {
  const int64_t first = panel_bytes(w.dtype, col, panel_width(w)), bytes = panel_bytes(w.dtype, cols, panel_width(w));
  uint32_t read = 0;
  for (int n = 0; n < depth; n += kPanel)
    for (int64_t i = 0; i < bytes; i += 64) read |= load_as<uint32_t>(panel_of(w, (k + n) / kPanel) + first + i);
  asm volatile("" : : "r"(read));  // which nobody needs
}

// One panel of a matrix that lies in rows, and one of its transpose.
void pack_panel_of_rows(Form form, const PackedMatrix& w, int64_t index, int k, int depth, uint32_t* out) {
  const float* rows = static_cast<const float*>(w.data) + index * kPanel * w.cols + k;
  const int count = static_cast<int>(min<int64_t>(kPanel, w.rows - index * kPanel));
  pack_floats(form, rows, w.cols, count, kPanel, depth, out);
}

void pack_panel_of_columns(Form form, const PackedMatrix& w, int64_t index, int k, int depth, uint32_t* out) {
  const float* first = static_cast<const float*>(w.data) + int64_t{k} * w.cols + index * kPanel;
  const int count = static_cast<int>(min<int64_t>(kPanel, w.cols - index * kPanel));
  pack_columns(form, first, w.cols, count, kPanel, depth, out);
}

// One panel of the transpose: 32 columns of the weight, rows [k, k + depth), from packed panels.
void transpose_panel(Form form, const PackedMatrix& w, int64_t index, int k, int depth, uint32_t* out) {
  const int64_t col = index * kPanel;
  const int cols = static_cast<int>(min<int64_t>(kPanel, w.cols - col));
  fetch_columns(w, col, cols, k, depth);
  for (int n = 0; n < depth; n += kPanel) {
    const char* panel = panel_of(w, (k + n) / kPanel);
    const int words = static_cast<int>(words_of(form, min(kPanel, depth - n)));
    uint32_t* to = out + words_of(form, n) * kPanel;
#if defined(__AVX512BF16__)
    if (form == Form::bf16) {
      transpose_pairs(panel, panel_width(w) * 4, col, cols, words, to);
      continue;
    }
#endif
    pack_rows([&](int r, int i) { return column_floats(w, panel, col + r, i); }, cols, kPanel, words, to);
  }
}

}  // namespace

const ProductTable& forward_product(Dtype dtype, Compute compute) {
  const bool bf16 = compute != Compute::f32 && multiplies_bf16();
  if (dtype == Dtype::f32) return kFloatByFloat;
  if (dtype == Dtype::f16) return kFloatByF16;
  if (dtype == Dtype::bf16) return bf16 ? kBf16ByBf16 : kFloatByBf16;
  return bf16 ? kBf16ByBf16 : kFloatByFloat;
}

const ProductTable& backward_product(Dtype dtype, Compute compute) {
  const bool bf16 = compute != Compute::f32 && multiplies_bf16();
  return bf16 && dtype != Dtype::f32 && dtype != Dtype::f16 ? kBf16ByBf16 : kFloatByFloat;
}

Pieces forward_pieces(const ProductTable& product, const PackedMatrix& w, int64_t first, int64_t end, int k, int depth,
                      char* memory) {
  if (!makes_panels(w))
    return {panel_of(w, first) + panel_bytes(w.dtype, k, panel_width(w)), panel_bytes(w), panel_width(w)};
  const auto make_panel = w.in_rows ? pack_panel_of_rows : decode_panel;
  const int64_t stride = words_of(product.form, depth) * kPanel * 4;
  for (int64_t panel = first; panel < end; ++panel)
    make_panel(product.form, w, panel, k, depth, reinterpret_cast<uint32_t*>(memory + (panel - first) * stride));
  return {memory, stride};
}

Pieces backward_pieces(const ProductTable& product, const PackedMatrix& w, int64_t first, int64_t end, int k, int depth,
                       char* memory) {
  const auto make_panel = w.in_rows               ? pack_panel_of_columns
                          : is_quantised(w.dtype) ? decode_transposed_panel
                                                  : transpose_panel;
  const int64_t stride = words_of(product.form, depth) * kPanel * 4;
  for (int64_t panel = first; panel < end; ++panel)
    make_panel(product.form, w, panel, k, depth, reinterpret_cast<uint32_t*>(memory + (panel - first) * stride));
  return {memory, stride};
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
