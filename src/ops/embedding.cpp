// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

Tensor embedding(Run& run, const Weight& table) {
  const std::vector<int32_t>& ids = run.batch.tokens;
  for (const int32_t id : ids)
    check(id >= 0 && id < table.rows(), table.name(), ": token ", id, ", expected 0 to ", table.rows() - 1);
  Tensor y = run.tensor(run.batch.rows(), table.cols());
  run.kernels().embedding(run.stream(), table.matrix(), ids.data(), run.batch.rows(), y.data());

  if (table.parameter() && run.records({table.parameter()}))
    run.tape->record({y.identity()}, [run, &table, out = y.identity()](Tape& tape) {
      run.kernels().embedding_backward(run.stream(), run.batch.tokens.data(), tape.upstream(out).data(),
                                       run.batch.rows(), table.cols(), table.rows(),
                                       tape.gradient(table.parameter()));
    });
  return y;
}

Tensor gather_rows(Run& run, const Tensor& x, std::span<const int32_t> rows) {
  Tensor y = run.tensor(int(rows.size()), x.cols());
  run.kernels().gather_rows(run.stream(), x.data(), rows.data(), int(rows.size()), x.cols(), y.data());

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, x = x.identity(), out = y.identity(), at = std::vector(rows.begin(), rows.end())](Tape& tape) {
      run.kernels().embedding_backward(run.stream(), at.data(), tape.upstream(out).data(), int(at.size()), x->cols,
                                       x->rows, tape.gradient(x));
    });
  return y;
}

}  // namespace graft::inline v0
