// SPDX-License-Identifier: Apache-2.0
#include "cpu/panels.hpp"

#include "cpu/quantised_panel.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Rows of 16-bit floats, two elements a word; `cols` may be odd.
void pack_bf16(const uint16_t* data, int rows, int width, int cols, uint32_t* out) {
  const auto words = [&](int r, int k) {
    Words block = {};
    memcpy(&block, data + static_cast<int64_t>(r) * cols + 2 * k,
           static_cast<size_t>(min(2 * kBlock, cols - 2 * k)) * sizeof(uint16_t));
    return block;
  };
  pack_rows(words, rows, width, static_cast<int>(ceil_div(cols, 2)), out);
}

void pack_f16(const uint16_t* data, int rows, int width, int cols, uint16_t* out) {
  for (int k = 0; k < cols; ++k)
    for (int r = 0; r < width; ++r) out[k * width + r] = r < rows ? data[static_cast<int64_t>(r) * cols + k] : 0;
}

void pack_panel(Dtype dtype, const void* data, int rows, int width, int cols, void* out) {
  if (is_quantised(dtype))
    return pack_quantised(dtype, static_cast<const char*>(data), rows, cols, static_cast<char*>(out));
  switch (dtype) {
    case Dtype::bf16:
      return pack_bf16(static_cast<const uint16_t*>(data), rows, width, cols, static_cast<uint32_t*>(out));
    case Dtype::f16:
      return pack_f16(static_cast<const uint16_t*>(data), rows, width, cols, static_cast<uint16_t*>(out));
    default:
      return pack_floats(Form::f32, static_cast<const float*>(data), cols, rows, width, cols,
                         static_cast<uint32_t*>(out));
  }
}

}  // namespace

bool packs(Dtype dtype) { return dtype <= Dtype::iq4_xs; }

size_t packed_bytes(Dtype dtype, int rows, int cols) {
  return static_cast<size_t>(ceil_div(rows, kPanel) * panel_bytes(dtype, cols, panel_width(dtype, rows)));
}

void pack(const Stream& stream, Dtype dtype, const void* rows, int first, int count, void* packed, int all, int cols) {
  const int width = panel_width(dtype, all);
  const char* from = static_cast<const char*>(rows);
  char* to = static_cast<char*>(packed);
  parallel_for(stream, ceil_div(count, kPanel), [&](int64_t task, int) {
    const int64_t row = task * kPanel;
    pack_panel(dtype, from + row_bytes(dtype, row * cols), static_cast<int>(min<int64_t>(kPanel, count - row)), width,
               cols, to + (first / kPanel + task) * panel_bytes(dtype, cols, width));
  });
}

void unpack_row(const PackedMatrix& w, int64_t row, float* out) {
  if (w.in_rows) {
    memcpy(out, static_cast<const float*>(w.data) + row * w.cols, static_cast<size_t>(w.cols) * sizeof(float));
    return;
  }
  const char* panel = panel_of(w, row / kPanel);
  const int r = static_cast<int>(row % kPanel), width = panel_width(w);
  if (is_quantised(w.dtype)) return restore_row(w.dtype, panel, r, w.cols, out);
  const uint16_t* halves = reinterpret_cast<const uint16_t*>(panel);
  const float* floats = reinterpret_cast<const float*>(panel);
  for (int64_t k = 0; k < w.cols; ++k) switch (w.dtype) {
      case Dtype::bf16:
        out[k] = from_bf16(halves[(k / 2 * width + r) * 2 + k % 2]);
        break;
      case Dtype::f16:
        out[k] = from_f16(halves[k * width + r]);
        break;
      default:
        out[k] = floats[k * width + r];
    }
}

void unpack(const Stream& stream, const PackedMatrix& w, int first, int count, float* rows) {
  parallel_ranges(stream, count, w.cols, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) unpack_row(w, first + i, rows + i * w.cols);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
