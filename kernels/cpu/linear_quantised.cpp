// SPDX-License-Identifier: Apache-2.0
#include "cpu/linear_quantised.hpp"

#include "cpu/integer_types.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// What the rows have gathered for one output.
template <int rows>
struct Gathered {
  FloatSums sums[rows] = {}, shifts[rows] = {};
};

// Adds 32 elements: block i of a group whose factors (d times the rows' scales) are given.
template <class Type, int rows>
void add_block(const typename Type::Block* blocks, int i, const ByteRows& x, int64_t at, const float (*factors)[16],
               Gathered<rows>& gathered) {
  Bytes w;
  Type::bytes(blocks, i, w);
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r) {
    const int8_t* bytes = x.bytes + (r * x.blocks() + at + i) * 32;
    Sums dots;
    if constexpr (Type::kSigned)
      dot_signed(w, bytes, dots);
    else
      dot_unsigned(w, bytes, dots);
    const FloatSums floats = __builtin_convertvector(dots, FloatSums);
    if constexpr (Type::kHalves) {
      const float low = factors[r][2 * i], high = factors[r][2 * i + 1];
      gathered.sums[r] += floats * FloatSums{low, low, low, low, high, high, high, high};
    } else {
      gathered.sums[r] += floats * factors[r][i];
    }
  }
}

// Up to eight times 32 elements from block `at` of the rows on.
template <class Type, int rows>
void add_group(const typename Type::Block* blocks, int count, const ByteRows& x, int64_t at, Gathered<rows>& gathered) {
  Scales scales;
  alignas(64) float factors[rows][16];
  Type::scales(blocks, count, scales);
  for (int r = 0; r < rows; ++r) {
    FloatSums scale, sum;
    memcpy(&scale, x.scales + r * x.blocks() + at, sizeof(scale));
    memcpy(&sum, x.sums + r * x.blocks() + at, sizeof(sum));
    if constexpr (Type::kHalves) {
      const FloatSums low = scales.d[0] * __builtin_shufflevector(scale, scale, 0, 0, 1, 1, 2, 2, 3, 3);
      const FloatSums high = scales.d[1] * __builtin_shufflevector(scale, scale, 4, 4, 5, 5, 6, 6, 7, 7);
      memcpy(factors[r], &low, sizeof(low));
      memcpy(factors[r] + 8, &high, sizeof(high));
    } else {
      const FloatSums factor = scales.d[0] * scale;
      memcpy(factors[r], &factor, sizeof(factor));
    }
    if constexpr (!Type::kSigned) gathered.shifts[r] += scales.m * sum;
  }
  if (count == 8)
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) add_block<Type, rows>(blocks, i, x, at, factors, gathered);
  else
    for (int i = 0; i < count; ++i) add_block<Type, rows>(blocks, i, x, at, factors, gathered);
}

// One output for rows [row, row + rows): Σ over blocks of d · scale · (integer dot) + m · sum.
template <class Type, int rows>
void dot_rows(const void* weight, const ByteRows& all, int row, float bias, float* y, int64_t stride) {
  constexpr int kEach = sizeof(typename Type::Block) > 64 ? 1 : 8;  // blocks of the format a group of 256 elements
  const auto* blocks = static_cast<const typename Type::Block*>(weight);
  const ByteRows x = all.from(row);
  Gathered<rows> gathered;
  for (int64_t first = 0; first * 32 < x.cols; first += 8, blocks += kEach)
    add_group<Type, rows>(blocks, static_cast<int>(min<int64_t>(8, x.cols / 32 - first)), x, first, gathered);
  for (int r = 0; r < rows; ++r) {
    const FloatSums v = gathered.sums[r] + gathered.shifts[r];
    y[r * stride] = ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7])) + bias;
  }
}

template <class Type>
void multiply(const PackedMatrix& w, int64_t first, int64_t end, const ByteRows& x, int rows, const float* bias,
              float* y, int64_t stride) {
  for (int64_t output = first; output < end; ++output) {
    const char* weight = blocks_of(w, output, 0);
    const float start = bias ? bias[output] : 0;
    float* out = y + output;
    int row = 0;
    for (; row + 4 <= rows; row += 4) dot_rows<Type, 4>(weight, x, row, start, out + row * stride, stride);
    for (; row + 2 <= rows; row += 2) dot_rows<Type, 2>(weight, x, row, start, out + row * stride, stride);
    for (; row < rows; ++row) dot_rows<Type, 1>(weight, x, row, start, out + row * stride, stride);
  }
}

using Multiply = void (*)(const PackedMatrix&, int64_t, int64_t, const ByteRows&, int, const float*, float*, int64_t);

Multiply integer_product(Dtype dtype) {
  switch (dtype) {
    case Dtype::q4_0:
      return multiply<IntegerQ4_0>;
    case Dtype::q4_1:
      return multiply<IntegerQ4_1>;
    case Dtype::q5_0:
      return multiply<IntegerQ5_0>;
    case Dtype::q5_1:
      return multiply<IntegerQ5_1>;
    case Dtype::q8_0:
      return multiply<IntegerQ8_0>;
    case Dtype::q4_k:
      return multiply<IntegerQ4_K>;
    case Dtype::q5_k:
      return multiply<IntegerQ5_K>;
    case Dtype::q6_k:
      return multiply<IntegerQ6_K>;
    case Dtype::iq4_nl:
      return multiply<IntegerIQ4_NL>;
    case Dtype::iq4_xs:
      return multiply<IntegerIQ4_XS>;
    default:
      return nullptr;
  }
}

}  // namespace

bool takes_integers(Dtype dtype, Compute compute, int rows) {
  return compute == Compute::int8 && rows <= kIntegerRows && integer_product(dtype) != nullptr;
}

int64_t ByteRows::memory(int rows, int cols) {
  const int64_t blocks = ByteRows(cols).blocks() * rows;
  return scratch_bytes<int8_t>(blocks * 32) + 2 * scratch_bytes<float>(blocks);
}

ByteRows::ByteRows(char* memory, int rows, int col_count) : ByteRows(col_count) {
  Scratch scratch = {memory};
  bytes = scratch.take<int8_t>(blocks() * rows * 32);
  scales = scratch.take<float>(blocks() * rows);
  sums = scratch.take<float>(blocks() * rows);
}

void round_row(const float* x, int row, const ByteRows& out) {
  const int64_t first = row * out.blocks();
  for (int64_t block = 0; block < out.blocks(); ++block) {
    out.scales[first + block] = out.sums[first + block] = 0;
    if (block * 32 >= out.cols) continue;
    const float* in = x + block * 32;
    Vec magnitude = {}, poison = {};  // the latter is 0 where all is finite
    for (int i = 0; i < 32; i += kLanes) {
      const Vec v = load(in + i);
      magnitude = vmax(magnitude, vmax(v, -v));
      poison += v - v;
    }
    const float peak = largest(magnitude), damage = sum(poison);
    const float scale = peak / 127 + damage, inverse = damage == 0 && peak > 1e-30f ? 127 / peak : 0;
    int total = 0;
    for (int i = 0; i < 32; ++i) {
      const int q = inverse > 0 ? static_cast<int>(__builtin_rintf(in[i] * inverse)) : 0;
      out.bytes[(first + block) * 32 + i] = static_cast<int8_t>(q);
      total += q;
    }
    out.scales[first + block] = scale;
    out.sums[first + block] = scale * static_cast<float>(total);
  }
}

void multiply_integers(const PackedMatrix& w, int64_t first, int64_t end, const ByteRows& x, int rows,
                       const float* bias, float* y, int64_t stride) {
  integer_product(w.dtype)(w, first, end, x, rows, bias, y, stride);
}

}  // namespace graft::v0::cpu::GRAFT_ISA
