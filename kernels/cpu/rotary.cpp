// SPDX-License-Identifier: Apache-2.0
//
// Rotary positions (Su et al. 2021): pairs of columns turn by an angle that grows with the position.
#include <math.h>

#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void rotary_table(const Stream& stream, const int32_t* positions, const float* inverse_frequency, float scale, int rows,
                  int half, float* cosine, float* sine) {
  parallel_ranges(stream, rows, 16 * half, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int i = 0; i < half; ++i) {
        const float angle = static_cast<float>(positions[row]) * inverse_frequency[i];
        cosine[row * half + i] = scale * cosf(angle);
        sine[row * half + i] = scale * sinf(angle);
      }
  });
}

void rotary(const Stream& stream, const float* x, const float* cosine, const float* sine, float* y, int rows, int heads,
            int head_width, int half, bool inverse, bool add) {
  const int64_t cols = static_cast<int64_t>(heads) * head_width;
  const float direction = inverse ? -1.0f : 1.0f;
  parallel_ranges(stream, rows, cols, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin * heads; at < end * heads; ++at) {
      const float* in = x + at * head_width;
      float* out = y + at * head_width;
      const int64_t turn = at / heads * half;
      const auto put = [&](int64_t i, Vec v, int lanes) { store(out + i, add ? load(out + i, lanes) + v : v, lanes); };
      for_vectors(half, [&](int64_t i, int lanes) {
        const Vec c = load(cosine + turn + i, lanes), s = load(sine + turn + i, lanes) * direction;
        const Vec a = load(in + i, lanes), b = load(in + half + i, lanes);
        put(i, a * c - b * s, lanes);
        put(half + i, b * c + a * s, lanes);
      });
      for (int i = 2 * half; i < head_width; ++i) out[i] = add ? out[i] + in[i] : in[i];
    }
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
