// SPDX-License-Identifier: Apache-2.0
#include "cpu/table.hpp"
#include "cpu/update.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {
namespace {

typedef double Doubles __attribute__((vector_size(kLanes * sizeof(double))));

Vec absolute(Vec x) { return bits<Vec>(bits<Int>(x) & 0x7fffffff); }

enum class Term { square, absolute };

template <Term term>
void add_terms(const Vec& x, Doubles& sum) {
  if constexpr (term == Term::square) {
    const Doubles wide = __builtin_convertvector(x, Doubles);
    sum += wide * wide;
  } else {
    sum += __builtin_convertvector(absolute(x), Doubles);
  }
}

template <Term term>
double sum_of_range(const float* x, int64_t count) {
  Doubles even = {}, odd = {};
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    add_terms<term>(load(x + i), even);
    add_terms<term>(load(x + i + kLanes), odd);
  }
  for (; i < count; i += kLanes) add_terms<term>(load(x + i, static_cast<int>(min<int64_t>(kLanes, count - i))), even);
  double total = 0;
  for (int lane = 0; lane < kLanes; ++lane) total += even[lane] + odd[lane];
  return total;
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
