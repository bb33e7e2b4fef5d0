// SPDX-License-Identifier: Apache-2.0
#include "cpu/byte_rows.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kVectors = 32 / kLanes;  // of a block

// Numbers from -127 to 127 as bytes. Without AVX-512 GCC 12 would narrow them one by one.
void store_bytes(const Int (&numbers)[kVectors], int8_t* bytes) {
#if defined(__AVX512F__) || !defined(__SSE2__)
  typedef int8_t Bytes __attribute__((vector_size(kLanes)));
  for (int i = 0; i < kVectors; ++i) {
    const Bytes narrow = __builtin_convertvector(numbers[i], Bytes);
    memcpy(bytes + i * kLanes, &narrow, sizeof(narrow));
  }
#elif defined(__AVX2__)
  const auto pack = [&](int i) { return _mm256_packs_epi32(bits<__m256i>(numbers[i]), bits<__m256i>(numbers[i + 1])); };
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);  // halves of registers are packed by themselves
  const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(pack(0), pack(2)), order);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(bytes), packed);
#else
  const auto pack = [&](int i) { return _mm_packs_epi32(bits<__m128i>(numbers[i]), bits<__m128i>(numbers[i + 1])); };
  for (int i = 0; i < kVectors; i += 4)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bytes + i * kLanes), _mm_packs_epi16(pack(i), pack(i + 2)));
#endif
}

// The largest magnitude. As integers, what is not finite is larger than all floats.
float magnitude_of(const float* in) {
  Int peak = {};
  for (int i = 0; i < 32; i += kLanes) {
    const Int magnitude = load_as<Int>(in + i) & 0x7fffffff;
    peak = magnitude > peak ? magnitude : peak;
  }
  return bits<float>(fold(peak, [](auto a, auto b) { return a > b ? a : b; }));
}

void round_block(const float* in, ByteBlock& out) {
  const float peak = magnitude_of(in);
  const bool is_finite = peak - peak == 0;
  const float inverse = is_finite && peak > 1e-30f ? 127 / peak : 0;
  const Vec magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  Int both = {};                         // the sum of the first half, and 2^16 times that of the second
  Int rounded[kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kVectors; ++i) {
    const Vec v = is_finite ? load(in + i * kLanes) : Vec{};
    rounded[i] = bits<Int>(v * inverse + magic) - bits<Int>(magic);
    both += i < kVectors / 2 ? rounded[i] : rounded[i] << 16;
  }
  store_bytes(rounded, out.bytes);
  const int32_t total = fold(both, [](auto a, auto b) { return a + b; });
  const int32_t low = static_cast<int16_t>(total), high = (total - low) >> 16;
  out.scale = peak * (1 / 127.0f);
  out.sum = -(low + high);
  out.low_sum = -low;
  out.scaled_sum = out.scale * static_cast<float>(out.sum);
}

}  // namespace

void round_rows(const float* x, int64_t first, int64_t end, const ByteRows& out) {
  for (int64_t row = first; row < end; ++row)
    for (int64_t i = 0; i < out.stride(); ++i) round_block(x + row * out.cols + i * 32, out.row(row)[i]);
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
