// SPDX-License-Identifier: Apache-2.0
#include "cpu/decode.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

void decode_f32(const void* data, float* out, int64_t count) {
  memcpy(out, data, static_cast<size_t>(count) * sizeof(float));
}

template <Vec (*widen)(Half)>
void decode_halves(const void* data, float* out, int64_t count) {
  const uint16_t* halves = static_cast<const uint16_t*>(data);
  for_vectors(count, [&](int64_t i, int lanes) { store(out + i, widen(load(halves + i, lanes)), lanes); });
}

}  // namespace

DecodeRow row_decoder(Dtype dtype) {
  switch (dtype) {
    case Dtype::f32:
      return decode_f32;
    case Dtype::f16:
      return decode_halves<from_f16>;
    case Dtype::bf16:
      return decode_halves<from_bf16>;
    case Dtype::q4_0:
      return decode_q4_0;
    case Dtype::q4_1:
      return decode_q4_1;
    case Dtype::q5_0:
      return decode_q5_0;
    case Dtype::q5_1:
      return decode_q5_1;
    case Dtype::q8_0:
      return decode_q8_0;
    case Dtype::q2_k:
      return decode_q2_k;
    case Dtype::q3_k:
      return decode_q3_k;
    case Dtype::q4_k:
      return decode_q4_k;
    case Dtype::q5_k:
      return decode_q5_k;
    case Dtype::q6_k:
      return decode_q6_k;
    case Dtype::iq4_nl:
      return decode_iq4_nl;
    case Dtype::iq4_xs:
      return decode_iq4_xs;
    case Dtype::iq1_s:
      return decode_iq1_s;
    case Dtype::iq1_m:
      return decode_iq1_m;
    case Dtype::iq2_xxs:
      return decode_iq2_xxs;
    case Dtype::iq2_xs:
      return decode_iq2_xs;
    case Dtype::iq2_s:
      return decode_iq2_s;
    case Dtype::iq3_xxs:
      return decode_iq3_xxs;
    case Dtype::iq3_s:
      return decode_iq3_s;
    case Dtype::tq1_0:
      return decode_tq1_0;
    case Dtype::tq2_0:
      return decode_tq2_0;
    case Dtype::mxfp4:
      return decode_mxfp4;
    case Dtype::nvfp4:
      return decode_nvfp4;
    default:
      return nullptr;
  }
}

void decode(const Stream& stream, Dtype dtype, const void* data, float* out, int64_t count) {
  constexpr int64_t kPiece = 1 << 13;  // a multiple of every block
  const DecodeRow decode_row = row_decoder(dtype);
  const char* bytes = static_cast<const char*>(data);
  parallel_for(stream, ceil_div(count, kPiece), [&](int64_t task, int) {
    const int64_t begin = task * kPiece;
    decode_row(bytes + row_bytes(dtype, begin), out + begin, min(kPiece, count - begin));
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
