// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "cpu/simd.hpp"
#include "cpu/table.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

void adamw(const Stream& stream, const AdamW& options, const float* gradient, float* parameter, float* mean,
           float* variance, int64_t count) {
  const float step = static_cast<float>(
      options.rate / (1 - pow(static_cast<double>(options.beta1), static_cast<double>(options.step))));
  const float correction =
      static_cast<float>(1 / sqrt(1 - pow(static_cast<double>(options.beta2), static_cast<double>(options.step))));
  const float decay = 1 - options.rate * options.weight_decay;
  parallel_ranges(stream, count, 2, [&](int64_t begin, int64_t end) {
    for_vectors(end - begin, [&](int64_t i, int lanes) {
      i += begin;
      const Vec g = load(gradient + i, lanes) * options.scale;
      const Vec m = load(mean + i, lanes) * options.beta1 + g * (1 - options.beta1);
      const Vec v = load(variance + i, lanes) * options.beta2 + g * g * (1 - options.beta2);
      store(mean + i, m, lanes);
      store(variance + i, v, lanes);
      const Vec move = m * step / (square_root(v) * correction + options.epsilon);
      store(parameter + i, load(parameter + i, lanes) * decay - move, lanes);
    });
  });
}

namespace {

double squares(const float* x, int64_t count) {
  typedef double Doubles __attribute__((vector_size(kLanes * sizeof(double))));
  Doubles even = {}, odd = {};
  const auto add = [](const float* from, Doubles& sum) {
    const Doubles wide = __builtin_convertvector(load(from), Doubles);
    sum += wide * wide;
  };
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    add(x + i, even);
    add(x + i + kLanes, odd);
  }
  double total = 0;
  for (; i < count; ++i) total += static_cast<double>(x[i]) * x[i];
  for (int lane = 0; lane < kLanes; ++lane) total += even[lane] + odd[lane];
  return total;
}

}  // namespace

double square_sum(const Stream& stream, const float* x, int64_t count) {
  const int64_t tasks = ceil_div(count, kTaskElements);
  if (tasks == 0) return 0;
  double* partial = static_cast<double*>(stream.scratch(stream.context, static_cast<size_t>(tasks) * sizeof(double)));
  parallel_for(stream, tasks, [&](int64_t task, int) {
    const int64_t begin = task * kTaskElements;
    partial[task] = squares(x + begin, min(kTaskElements, count - begin));
  });
  double total = 0;
  for (int64_t task = 0; task < tasks; ++task) total += partial[task];
  return total;
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
