// SPDX-License-Identifier: Apache-2.0
#include "generate/shortlists.hpp"

namespace graft::inline v0 {

Shortlists::Shortlists(const NetworkContext& context, const Tensor& logits, size_t count) {
  if (count == 0) return;
  const Tensor values(*context.memory, logits.rows(), int(count)),
      columns = Tensor::of_bytes(*context.memory, values.size() * sizeof(int32_t));
  int32_t* const tokens = reinterpret_cast<int32_t*>(columns.data());
  context.lane.backend().kernels().largest(context.lane.stream(), logits.data(), logits.rows(), logits.cols(),
                                           int(count), tokens, values.data());
  for (int row = 0; row < logits.rows(); ++row) {
    const std::span<const float> found = values.row(row);
    const int32_t* of_row = tokens + size_t(row) * count;
    std::vector<Ranked>& list = lists_.emplace_back();
    for (size_t i = 0; i < count && of_row[i] >= 0; ++i) list.push_back({of_row[i], found[i]});
    if (list.empty()) list.push_back({0, found[0]});
  }
}

}  // namespace graft::inline v0
