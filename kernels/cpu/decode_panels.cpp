// SPDX-License-Identifier: Apache-2.0
//
// Panels of quantised weights as floats or bf16, for products that do not round their input to bytes.
#include "cpu/products.hpp"
#include "cpu/quantised_panel.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// Two vectors as words of two bf16 each.
UInt bf16_words(Vec even, Vec odd) { return pair_words(round_bf16(even), round_bf16(odd)); }

// What turns bytes into floats: value(byte) of some outputs, or of some elements of one output.
struct Factors {
  Vec scale, minimum;
  float offset;

  Vec value(UInt byte) const { return (__builtin_convertvector(bits<Int>(byte), Vec) - offset) * scale - minimum; }
};

Factors factors_of(const PanelPart& part, const PartKind& kind, int quad, int output) {
  const int half = kind.has_halves ? quad / 4 : 0;
  return {load(part.scales[half] + output), kind.has_minimum ? load(part.minima[half] + output) : Vec{},
          static_cast<float>(kind.offset)};
}

// 32 elements of 32 outputs; element k of all outputs follows element k - 1.
template <Form form>
void decode_part(const PanelPart& part, const PartKind& kind, uint32_t* out) {
  for (int quad = 0; quad < 8; ++quad)
    for (int o = 0; o < kPanel; o += kLanes) {
      const Factors factors = factors_of(part, kind, quad, o);
      const UInt bytes = load_as<UInt>(part.bytes[quad][o]);
      const Vec values[4] = {factors.value(bytes & 255u), factors.value(bytes >> 8 & 255u),
                             factors.value(bytes >> 16 & 255u), factors.value(bytes >> 24)};
      for (int j = 0; j < 4; j += elements_of(form)) {
        const UInt word = form == Form::bf16 ? bf16_words(values[j], values[j + 1]) : bits<UInt>(values[j]);
        memcpy(out + (4 * quad + j) / elements_of(form) * kPanel + o, &word, sizeof(word));
      }
    }
}

// kLanes bytes as floats, elements from k on of one output.
Vec row_values(const PanelPart& part, const PartKind& kind, const uint8_t* row, int output, int k) {
  typedef uint8_t Bytes __attribute__((vector_size(kLanes)));
  const int half = kind.has_halves ? k / 16 : 0;
  const Factors factors = {splat(part.scales[half][output]),
                           kind.has_minimum ? splat(part.minima[half][output]) : Vec{},
                           static_cast<float>(kind.offset)};
  return factors.value(__builtin_convertvector(load_as<Bytes>(row + k), UInt));
}

// The bytes of each output in a row.
void gather_rows(const PanelPart& part, uint8_t (&rows)[kPanel][32]) {
  for (int output = 0; output < kPanel; output += 4)
    for (int quad = 0; quad < 8; quad += 4) {
      Quad quads[4];
      for (int i = 0; i < 4; ++i) quads[i] = load_as<Quad>(part.bytes[quad + i][output]);
      transpose(quads);
      for (int i = 0; i < 4; ++i) memcpy(rows[output + i] + 4 * quad, &quads[i], sizeof(Quad));
    }
}

// The transpose: 32 elements of output n follow those of output n - 1; with bf16, those of two outputs lie side by
// side.
template <Form form>
void decode_part_transposed(const PanelPart& part, const PartKind& kind, int outputs, uint32_t* out) {
  uint8_t rows[kPanel][32];
  gather_rows(part, rows);
  for (int n = 0; n < outputs; n += elements_of(form), out += kPanel)
    for (int k = 0; k < kPanel; k += kLanes) {
      const Vec even = row_values(part, kind, rows[n], n, k);
      const UInt word =
          form == Form::bf16 ? bf16_words(even, row_values(part, kind, rows[n + 1], n + 1, k)) : bits<UInt>(even);
      memcpy(out + k, &word, sizeof(word));
    }
}

}  // namespace

void decode_panel(Form form, const PackedMatrix& w, int64_t panel, int k, int depth, uint32_t* out) {
  const PartKind kind = part_kind(w.dtype);
  const auto decode = form == Form::bf16 ? decode_part<Form::bf16> : decode_part<Form::f32>;
  for (int at = 0; at < depth; at += 32) {
    PanelPart part;
    expand_parts(w.dtype, panel_of(w, panel), (k + at) / 32, 1, &part);
    decode(part, kind, out + words_of(form, at) * kPanel);
  }
}

void decode_transposed_panel(Form form, const PackedMatrix& w, int64_t panel, int k, int depth, uint32_t* out) {
  const PartKind kind = part_kind(w.dtype);
  const auto decode = form == Form::bf16 ? decode_part_transposed<Form::bf16> : decode_part_transposed<Form::f32>;
  for (int n = 0; n < depth; n += kPanel) {
    PanelPart part;
    expand_parts(w.dtype, panel_of(w, (k + n) / kPanel), panel, 1, &part);
    decode(part, kind, min(kPanel, depth - n), out + words_of(form, n) * kPanel);
  }
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
