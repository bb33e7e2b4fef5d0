// SPDX-License-Identifier: Apache-2.0
//
// Rows of a pass whose adapters put other weights in the place of the trunk's.
#pragma once

#include <functional>

#include "tensor/run.hpp"
#include "tensor/weight.hpp"

namespace graft::inline v0 {

// The rows of a pass in consecutive parts, each of which takes the same weights in the place of the given ones: as a
// rule one part, and the trunk's own weights.
class RowParts {
 public:
  // A null weight stands for nothing.
  RowParts(const Run& run, std::span<const Weight* const> weights);
  RowParts(const Run& run, std::initializer_list<const Weight*> weights)
      : RowParts(run, std::span(weights.begin(), weights.size())) {}

  bool is_one() const { return parts_.size() == 1; }
  // What all rows take in the place of a weight.
  const Weight* weight(const Weight* original) const;

  // Results of an operation on each part, as `join_parts` makes them.
  using PartFunction = std::function<std::vector<Tensor>(Run& run, std::span<const int32_t> rows)>;
  std::vector<Tensor> join(Run& run, const PartFunction& part) const;

 private:
  std::vector<EditedRows> parts_;
};

// What all rows of the run take in the place of a weight that is read once for all of them. Throws UnsupportedError
// where they differ.
const Weight& weight_of_all(const Run& run, const Weight& original);

// Results of an operation on consecutive parts of the rows, each in a run of its own by the numbers of its rows, joined
// again. A part without rows is left out.
std::vector<Tensor> join_parts(
    Run& run, std::span<const RowSpan> parts,
    const std::function<std::vector<Tensor>(size_t part, Run& run, std::span<const int32_t> rows)>& of_part);

// Rows of several matrices, one below the other.
Tensor join_rows(Run& run, std::span<const Tensor> parts);

}  // namespace graft::inline v0
