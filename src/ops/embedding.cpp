// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

Tensor embedding(Run& run, const Weight& table, std::span<const int32_t> ids, int32_t padding) {
  for (const int32_t id : ids)
    check(id >= 0 && id < table.rows(), table.name(), ": token ", id, ", expected 0 to ", table.rows() - 1);
  Tensor y = run.tensor(int(ids.size()), table.cols());
  run.kernels().embedding(run.stream(), table.matrix(), ids.data(), y.rows(), y.data());

  if (table.parameter() && run.records({table.parameter()})) {
    std::vector<int32_t> learned(ids.begin(), ids.end());
    std::replace(learned.begin(), learned.end(), padding, -1);
    run.tape->record({y.identity()}, [run, &table, out = y.identity(), at = std::move(learned)](Tape& tape) {
      run.kernels().embedding_backward(run.stream(), at.data(), tape.upstream(out).data(), int(at.size()),
                                       table.cols(), table.rows(), tape.gradient(table.parameter()));
    });
  }
  return y;
}

Tensor gather_rows(Run& run, const Tensor& x, std::span<const int32_t> rows) {
  Tensor y = run.tensor(int(rows.size()), x.cols());
  run.kernels().gather_rows(run.stream(), x.data(), rows.data(), int(rows.size()), x.cols(), y.data());

  if (run.records({x}))
    run.tape->record({y.identity()}, [run, x = x.identity(), out = y.identity(),
                                      at = std::vector(rows.begin(), rows.end())](Tape& tape) {
      run.kernels().embedding_backward(run.stream(), at.data(), tape.upstream(out).data(), int(at.size()), x->cols,
                                       x->rows, tape.gradient(x));
    });
  return y;
}

Tensor add_rows(Run& run, const Tensor& x, const Tensor& table, std::span<const int32_t> rows) {
  check(int(rows.size()) == x.rows() && table.cols() == x.cols(), "add_rows: x is ", x.rows(), " x ", x.cols(),
        ", and ", rows.size(), " rows have ", table.cols(), " columns");
  for (const int32_t row : rows)
    check(row >= 0 && row < table.rows(), "add_rows: row ", row, ", expected 0 to ", table.rows() - 1);
  Tensor y = run.tensor(x.rows(), x.cols());
  run.kernels().gather_rows(run.stream(), table.data(), rows.data(), x.rows(), x.cols(), y.data());
  run.kernels().accumulate(run.stream(), x.data(), 1, y.data(), int64_t(y.size()));

  if (run.records({x}))
    run.tape->record({y.identity()},
                     [x = x.identity(), out = y.identity()](Tape& tape) { tape.add_gradient(x, tape.upstream(out)); });
  return y;
}

}  // namespace graft::inline v0
