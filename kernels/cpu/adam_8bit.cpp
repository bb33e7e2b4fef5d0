// SPDX-License-Identifier: Apache-2.0
//
// The dynamic data type of Dettmers et al. 2022 ("8-bit optimizers via block-wise quantization"). Magnitudes up to the
// block's largest fall into seven decades; decade e of them, from the lowest, is cut into 2^e equal cells where there
// is a sign, 2^(e+1) where there is none, and a value becomes the middle of its cell. Cell c of a decade of 2^k cells
// is the number n = 2^k + c: as a float, n has k for its exponent and c / 2^k for its fraction.
#include "cpu/adam.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kDecades = 7;
constexpr float kDecadeEnds[kDecades] = {1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1};

// The numbers of magnitudes: 0 is 0, kOne is the largest of the block itself.
template <bool is_signed>
struct Cells {
  static constexpr int kFirst = is_signed ? 0 : 1;  // binary logarithm of the cells of the lowest decade
  static constexpr int kOne = 1 << (kFirst + kDecades);

  // Nothing but 0 becomes 0: a variance that vanished would make a step too long.
  static Int number(Vec magnitude) {
    Int decade = {};
    Vec end = splat(kDecadeEnds[0]);
    for (int e = 1; e < kDecades; ++e) {
      const Int above = magnitude >= splat(kDecadeEnds[e - 1]);
      decade -= above;
      end = select(above, splat(kDecadeEnds[e]), end);
    }
    const Int cells = (Int{} + 1) << (decade + kFirst);
    const Vec place = (magnitude / end - 0.1f) * (1 / 0.9f) * __builtin_convertvector(cells, Vec);
    const Int cell = __builtin_convertvector(vmin(vmax(place, Vec{}), __builtin_convertvector(cells - 1, Vec)), Int);
    const Int inside = magnitude >= splat(1) ? Int{} + kOne : cells + cell;
    return magnitude > Vec{} ? inside : Int{};
  }

  static Vec magnitude(Int number) {
    const Vec n = __builtin_convertvector(number, Vec);
    const Int exponent = (bits<Int>(n) >> 23) - 127;
    const Vec middle = (bits<Vec>((bits<Int>(n) & 0x7fffff) | 0x3f800000) - 1) + bits<Vec>((126 - exponent) << 23);
    Vec end = splat(kDecadeEnds[0]);
    for (int e = 1; e < kDecades; ++e) end = select(exponent >= Int{} + (e + kFirst), splat(kDecadeEnds[e]), end);
    const Vec inside = end * (0.1f + 0.9f * middle);
    return select(number == Int{}, Vec{}, select(number >= Int{} + kOne, splat(1), inside));
  }
};
using Signed = Cells<true>;
using Unsigned = Cells<false>;

// A sign lies in the byte as an offset: 127 is 0, and only the largest value itself is 255. Of those without a sign,
// the numbers begin at 2, and the byte is one less.
Vec decode_signed(const Int code) {
  const Int number = code - 127;
  const Vec magnitude = Signed::magnitude(number < Int{} ? -number : number);
  return select(number < Int{}, -magnitude, magnitude);
}
Int encode_signed(const Vec x) {
  const Int number = Signed::number(select(x < Vec{}, -x, x));
  const Int most = Int{} + 127;
  return 127 + (x < Vec{} ? -(number > most ? most : number) : number);
}
Vec decode_unsigned(const Int code) { return Unsigned::magnitude(code == Int{} ? code : code + 1); }
Int encode_unsigned(const Vec x) {
  const Int number = Unsigned::number(x);
  return number == Int{} ? number : number - 1;
}

typedef uint8_t Bytes __attribute__((vector_size(kLanes)));

Int load_codes(const uint8_t* codes, int lanes) {
  Bytes bytes = {};
  memcpy(&bytes, codes, static_cast<size_t>(lanes));
  return __builtin_convertvector(bytes, Int);
}
void store_codes(uint8_t* codes, Int values, int lanes) {
  const Bytes bytes = __builtin_convertvector(values, Bytes);
  memcpy(codes, &bytes, static_cast<size_t>(lanes));
}

// The new moments of a block as floats, until its largest values are known.
struct Block {
  float mean[kMomentBlock], variance[kMomentBlock];
};

template <class Encode>
float round_block(const float* values, int64_t count, uint8_t* codes, const Encode& encode) {
  Vec most = {};
  for_vectors(count, [&](int64_t i, int lanes) {
    const Vec x = load(values + i, lanes);
    most = vmax(most, select(x < Vec{}, -x, x));
  });
  const float top = largest(most);
  const float inverse = top > 0 ? 1 / top : 0;
  for_vectors(count,
              [&](int64_t i, int lanes) { store_codes(codes + i, encode(load(values + i, lanes) * inverse), lanes); });
  return top;
}

}  // namespace

void adam_8bit(const Stream& stream, const AdamStep& options, const float* gradient, float* parameter, ByteMoments mean,
               ByteMoments variance, int64_t count) {
  const AdamVectors vectors(options);
  parallel_for(stream, ceil_div(count, kMomentBlock), [&](int64_t block, int) {
    const int64_t first = block * kMomentBlock, size = min(kMomentBlock, count - first);
    const float mean_top = mean.largest[block], variance_top = variance.largest[block];
    Block moments;
    for_vectors(size, [&](int64_t i, int lanes) {
      const int64_t at = first + i;
      Vec m = decode_signed(load_codes(mean.codes + at, lanes)) * mean_top;
      Vec v = decode_unsigned(load_codes(variance.codes + at, lanes)) * variance_top;
      vectors.move(gradient + at, parameter + at, lanes, m, v);
      store(moments.mean + i, m, lanes);
      store(moments.variance + i, v, lanes);
      vectors.apply(parameter + at, lanes, m, v);
    });
    mean.largest[block] = round_block(moments.mean, size, mean.codes + first, encode_signed);
    variance.largest[block] = round_block(moments.variance, size, variance.codes + first, encode_unsigned);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
