// SPDX-License-Identifier: Apache-2.0
#include "adapters/merge.hpp"

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

class Merge {
 public:
  Merge(Trunk& trunk, bool exact) : trunk_(trunk), lane_(trunk.backend), exact_(exact) {}

  // A copy of the weight that may be changed; the trunk has it from `finish` on.
  Weight& changed(int number) {
    Weight* weight = trunk_.parameters.all()[size_t(number)].weight.get();
    for (MergedWeight& merged : merged_)
      if (merged.weight == weight) return merged.original;
    merged_.push_back({weight, weight->copy(trunk_.memory)});
    merged_.back().original.thaw(lane_, trunk_.memory, exact_);
    return merged_.back().original;
  }

  void add_product(int number, const Tensor& left, const Tensor& right, bool transposed, float scale) {
    Weight& weight = changed(number);
    const int rank = left.cols();
    lane_.backend().kernels().matmul(lane_.stream(), Compute::f32, {left.data(), rank},
                                     {right.data(), right.cols(), transposed}, weight.parameter().data(), weight.cols(),
                                     weight.rows(), weight.cols(), rank, scale, true);
  }

  // Each row times its gain, or each column.
  void scale(int number, const Tensor& gain, bool of_rows) {
    const Tensor& values = changed(number).parameter();
    const std::span<const float> gains = gain.values();
    for (int row = 0; row < values.rows(); ++row)
      for (int col = 0; float& value : values.row(row)) value *= gains[size_t(of_rows ? row : col++)];
  }

  std::vector<MergedWeight> finish() {
    for (MergedWeight& merged : merged_) {
      merged.original.repack(lane_);
      merged.original.freeze(lane_, trunk_.memory);
      std::swap(*merged.weight, merged.original);
    }
    return std::move(merged_);
  }

 private:
  Trunk& trunk_;
  Lane lane_;
  bool exact_;
  std::vector<MergedWeight> merged_;
};

void merge_site(Merge& merge, const Projection& at, const SiteEdit& edit) {
  const int number = at.weight->number();
  if (edit.low_rank.down) merge.add_product(number, edit.low_rank.up, edit.low_rank.down, false, edit.low_rank.scale);
  if (edit.input_gain) merge.scale(number, edit.input_gain, false);
  if (!edit.output_gain) return;
  merge.scale(number, edit.output_gain, true);
  if (edit.gain_of_bias && at.bias) merge.scale(at.bias->number(), edit.output_gain, false);
}

}  // namespace

std::vector<MergedWeight> merge(const Edits& edits, Trunk& trunk, bool exact) {
  check<UnsupportedError>(edits.virtual_tokens() == 0,
                          "unsupported: merging an adapter of virtual tokens, which change no weight");
  Merge merge(trunk, exact);
  for (const auto& [number, weight] : edits.replaced) {
    const Tensor &from = weight->parameter(), &into = merge.changed(number).parameter();
    into.assign(from);
  }
  for (size_t site = 0; site < edits.sites.size(); ++site)
    merge_site(merge, trunk.parameters.sites()[site].projection, edits.sites[site]);
  for (const auto& [number, edit] : edits.tables) {
    const Weight* table = trunk.parameters.all()[size_t(number)].weight.get();
    check<UnsupportedError>(!trunk.transformer.is_of_head(table), "unsupported: merging an adapter on ", table->name(),
                            ", which is the head, too");
    merge.add_product(number, edit.rows, edit.up, true, edit.scale);
  }
  return merge.finish();
}

}  // namespace graft::inline v0
