// SPDX-License-Identifier: Apache-2.0
#include "ops/batch_norm.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// running = (1 - momentum) * running + momentum * factor * seen
void move_towards(const Run& run, const Tensor& seen, float factor, float momentum, const Tensor& running) {
  const int64_t count = int64_t(running.size());
  run.kernels().soft_cap(run.stream(), running.data(), 1 - momentum, 0, running.data(), count);
  run.kernels().accumulate(run.stream(), seen.data(), momentum * factor, running.data(), count);
}

}  // namespace

Tensor batch_norm(Run& run, const Tensor& x, const Weight& gain, const Weight& bias, const RunningMoments& moments,
                  float epsilon) {
  const int rows = x.rows(), cols = x.cols();
  const bool of_batch = run.training;
  check(gain.cols() == cols && bias.cols() == cols, gain.name(), ": has ", gain.cols(), " columns, x has ", cols);
  check(!of_batch || rows >= 2, gain.name(), ": a training batch has ", rows, " rows, expected at least 2");
  Tensor mean = moments.mean->parameter(), variance = moments.variance->parameter();
  if (of_batch) {
    mean = run.tensor(1, cols);
    variance = run.tensor(1, cols);
    run.kernels().column_moments(run.stream(), x.data(), rows, cols, mean.data(), variance.data());
  }
  if (of_batch && run.tape) {
    move_towards(run, mean, 1, moments.momentum, moments.mean->parameter());
    move_towards(run, variance, float(rows) / float(rows - 1), moments.momentum, moments.variance->parameter());
  }
  Tensor y = run.tensor(rows, cols);
  run.kernels().batch_norm(run.stream(), x.data(), mean.data(), variance.data(), gain.vector(), bias.vector(), y.data(),
                           rows, cols, epsilon);

  if (run.records({x, gain.parameter(), bias.parameter()}))
    run.tape->record({y.identity()}, [run, x = Saved(run, x), &gain, &bias, mean, variance, epsilon, of_batch,
                                      out = y.identity()](Tape& tape) {
      run.kernels().batch_norm_backward(run.stream(), x.restore(run).data(), mean.data(), variance.data(),
                                        gain.vector(), tape.upstream(out).data(), tape.gradient(x.identity()),
                                        tape.gradient(gain.parameter()), tape.gradient(bias.parameter()), x.rows(),
                                        x.cols(), epsilon, of_batch);
    });
  return y;
}

}  // namespace graft::inline v0
