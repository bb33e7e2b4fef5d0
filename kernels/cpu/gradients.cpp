// SPDX-License-Identifier: Apache-2.0
#include "cpu/table.hpp"
#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

// A vector of floats fills two of doubles: the compiler keeps wider ones in memory.
typedef double Doubles __attribute__((vector_size(kLanes * sizeof(float))));
typedef float Floats __attribute__((vector_size(kLanes * sizeof(float) / 2)));
inline constexpr int kWidth = kLanes / 2, kSums = 4;

// GCC 12 makes several steps of a plain conversion.
Doubles widen(const float* x) {
#if defined(__AVX512F__)
  return _mm512_maskz_cvtps_pd(0xff, load_as<Floats>(x));
#elif defined(__AVX__)
  return _mm256_cvtps_pd(load_as<Floats>(x));
#else
  return __builtin_convertvector(load_as<Floats>(x), Doubles);
#endif
}

Vec absolute(Vec x) { return bits<Vec>(bits<Int>(x) & 0x7fffffff); }
Doubles absolute(Doubles x) { return x < 0 ? -x : x; }

enum class Term { square, absolute };

template <Term term>
void add_terms(const float* x, Doubles (&sums)[kSums]) {
#pragma GCC unroll 4
  for (int i = 0; i < kSums; ++i) {
    const Doubles wide = widen(x + i * kWidth);
    sums[i] += term == Term::square ? wide * wide : absolute(wide);
  }
}

template <Term term>
double sum_of_range(const float* x, int64_t count) {
  constexpr int kStep = kSums * kWidth;
  Doubles sums[kSums] = {};
  int64_t i = 0;
  for (; i + kStep <= count; i += kStep) add_terms<term>(x + i, sums);
  float last[kStep] = {};
  memcpy(last, x + i, static_cast<size_t>(count - i) * sizeof(float));
  add_terms<term>(last, sums);
  const Doubles total = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  double sum = 0;
  for (int lane = 0; lane < kWidth; ++lane) sum += total[lane];
  return sum;
}

// join(found, of_range(x, count)) over ranges of one size, in their order.
template <class OfRange, class Join>
double reduce(const Stream& stream, const float* x, int64_t count, const OfRange& of_range, const Join& join) {
  const int64_t tasks = ceil_div(count, kTaskElements);
  if (tasks == 0) return 0;
  double* partial = static_cast<double*>(stream.scratch(stream.context, static_cast<size_t>(tasks) * sizeof(double)));
  parallel_for(stream, tasks, [&](int64_t task, int) {
    const int64_t begin = task * kTaskElements;
    partial[task] = of_range(x + begin, min(kTaskElements, count - begin));
  });
  double found = 0;
  for (int64_t task = 0; task < tasks; ++task) found = join(found, partial[task]);
  return found;
}

double plus(double a, double b) { return a + b; }
double larger(double a, double b) { return b != b || b > a ? b : a; }

double largest_of_range(const float* x, int64_t count) {
  Vec most = {}, no_number = {};
  for_vectors(count, [&](int64_t i, int lanes) {
    const Vec values = absolute(load(x + i, lanes));
    most = vmax(values, most);
    no_number = select(values == values, no_number, values);
  });
  return static_cast<double>(largest(most)) + sum(no_number);
}

}  // namespace

void square_sum(const Stream& stream, const float* x, int64_t count, double* found) {
  *found = reduce(stream, x, count, sum_of_range<Term::square>, plus);
}

void absolute_sum(const Stream& stream, const float* x, int64_t count, double* found) {
  *found = reduce(stream, x, count, sum_of_range<Term::absolute>, plus);
}

void largest_absolute(const Stream& stream, const float* x, int64_t count, double* found) {
  *found = reduce(stream, x, count, largest_of_range, larger);
}

void clamp(const Stream& stream, float limit, float* x, int64_t count) {
  parallel_vectors(stream, count, 1, [&](int64_t i, int lanes) {
    const Vec values = load(x + i, lanes);
    const Vec clamped =
        select(values > splat(limit), splat(limit), select(values < splat(-limit), splat(-limit), values));
    store(x + i, clamped, lanes);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
