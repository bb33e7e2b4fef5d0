// SPDX-License-Identifier: Apache-2.0
//
// The dynamic data type of Dettmers et al. 2022 ("8-bit optimizers via block-wise quantization"). Magnitudes up to the
// block's largest fall into seven decades; decade e of them, from the lowest, is cut into 2^e equal cells where there
// is a sign, 2^(e+1) where there is none, and a value becomes the middle of its cell. Cell c of a decade of 2^k cells
// has the number 2^k + c, so that numbers rise with the values. 0 is 0, and the largest of the block is itself.
#include "cpu/adam.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

constexpr int kDecades = 7;
constexpr float kDecadeEnds[kDecades] = {1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1};

// `first`: the binary logarithm of the cells of the lowest decade.
constexpr float magnitude_of(int number, int first) {
  if (number == 0) return 0;
  int decade = 0;
  while (number >> (first + decade + 1) != 0) ++decade;
  if (decade == kDecades) return 1;
  const int cells = 1 << (first + decade);
  const float middle = (static_cast<float>(number - cells) + 0.5f) / static_cast<float>(cells);
  return kDecadeEnds[decade] * (0.1f + 0.9f * middle);
}

// Nothing but 0 becomes 0: a variance that vanished would make a step too long.
Int number_of(Vec magnitude, int first) {
  Int decade = {};
  Vec inverse = splat(1 / kDecadeEnds[0]);
  for (int e = 1; e < kDecades; ++e) {
    const Int above = magnitude >= splat(kDecadeEnds[e - 1]);
    decade -= above;
    inverse = select(above, splat(1 / kDecadeEnds[e]), inverse);
  }
  const Vec cells = bits<Vec>((decade + (127 + first)) << 23);
  const Vec place = (magnitude * inverse - 0.1f) * (1 / 0.9f) * cells;
  const Vec number = cells + vmin(vmax(place, Vec{}), cells - 1);
  const Vec top = splat(static_cast<float>(1 << (first + kDecades)));
  return __builtin_convertvector(select(magnitude >= splat(1), top, select(magnitude > Vec{}, number, Vec{})), Int);
}

// The byte of a value with a sign is its number, or minus that, and kZero; 255 is for the largest value alone. The byte
// of a value without one is its number less one, since they begin at 2.
struct Signed {
  static constexpr int kZero = 127;
  static constexpr float value(int code) {
    return code < kZero ? -magnitude_of(kZero - code, 0) : magnitude_of(code - kZero, 0);
  }
  static Int code(Vec x) {
    const Int number = number_of(select(x < Vec{}, -x, x), 0), most = Int{} + kZero;
    return kZero + (x < Vec{} ? -(number > most ? most : number) : number);
  }
};
struct Unsigned {
  static constexpr float value(int code) { return code == 0 ? 0 : magnitude_of(code + 1, 1); }
  static Int code(Vec x) {
    const Int number = number_of(x, 1);
    return number + (number > Int{});
  }
};

struct Values {
  float of_code[256];
};
template <class Type>
constexpr Values values_of() {
  Values values = {};
  for (int code = 0; code < 256; ++code) values.of_code[code] = Type::value(code);
  return values;
}
template <class Type>
constexpr Values kValues = values_of<Type>();

template <class Type>
void decode_block(const uint8_t* codes, float largest, int64_t count, float* values) {
  for (int64_t i = 0; i < count; ++i) values[i] = kValues<Type>.of_code[codes[i]] * largest;
}

template <class Type>
float encode_block(const float* values, int64_t count, uint8_t* codes) {
  Vec most = {};
  for_vectors(count, [&](int64_t i, int lanes) {
    const Vec x = load(values + i, lanes);
    most = vmax(most, select(x < Vec{}, -x, x));
  });
  const float top = largest(most);
  const float inverse = top > 0 ? 1 / top : 0;
  int32_t wide[kMomentBlock + kLanes];
  for_vectors(count, [&](int64_t i, int lanes) {
    const Int code = Type::code(load(values + i, lanes) * inverse);
    memcpy(wide + i, &code, sizeof(code));
  });
  for (int64_t i = 0; i < count; ++i) codes[i] = static_cast<uint8_t>(wide[i]);
  return top;
}

}  // namespace

void adam_8bit(const Stream& stream, const AdamStep& options, const float* gradient, float* parameter, ByteMoments mean,
               ByteMoments variance, int64_t count) {
  const AdamVectors vectors(options);
  parallel_for(stream, ceil_div(count, kMomentBlock), [&](int64_t block, int) {
    const int64_t first = block * kMomentBlock, size = min(kMomentBlock, count - first);
    float means[kMomentBlock], variances[kMomentBlock];
    decode_block<Signed>(mean.codes + first, mean.largest[block], size, means);
    decode_block<Unsigned>(variance.codes + first, variance.largest[block], size, variances);
    for_vectors(size, [&](int64_t i, int lanes) {
      Vec m = load(means + i, lanes), v = load(variances + i, lanes);
      vectors.move(gradient + first + i, parameter + first + i, lanes, m, v);
      store(means + i, m, lanes);
      store(variances + i, v, lanes);
      vectors.apply(parameter + first + i, lanes, m, v);
    });
    mean.largest[block] = encode_block<Signed>(means, size, mean.codes + first);
    variance.largest[block] = encode_block<Unsigned>(variances, size, variance.codes + first);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
