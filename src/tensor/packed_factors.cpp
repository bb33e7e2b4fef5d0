// SPDX-License-Identifier: Apache-2.0
#include "tensor/packed_factors.hpp"

#include "tensor/weight.hpp"

namespace graft::inline v0 {
namespace {

PackedMatrix pack(const Lane& lane, Memory& memory, const Tensor& values, Dtype dtype, Tensor& bytes) {
  const size_t size = lane.backend().kernels().packed_bytes(dtype, values.rows(), values.cols());
  bytes = Tensor::of_bytes(memory, size);
  const PackedMatrix packed = {bytes.data(), dtype, values.rows(), values.cols()};
  repack(lane, values, packed);
  return packed;
}

}  // namespace

PackedFactors::Form PackedFactors::form(const Lane& lane, const Tensor& down, const Tensor& up, Dtype dtype) {
  const std::lock_guard lock(mutex_);
  const std::string_view kernels = lane.backend().kernels().name;
  for (const Kept& kept : kept_)
    if (kept.kernels == kernels && kept.form.down.dtype == dtype) return kept.form;
  Kept made{kernels, {}, {}, {}};
  made.form = {pack(lane, *memory_, down, dtype, made.down), pack(lane, *memory_, up, dtype, made.up)};
  kept_.push_back(made);
  return made.form;
}

Edits packed_once(const Edits& edits, const std::shared_ptr<Memory>& memory) {
  Edits packed = edits;
  for (SiteEdit& edit : packed.sites)
    if (edit.low_rank.down) edit.low_rank.packed = std::make_shared<PackedFactors>(memory);
  return packed;
}

}  // namespace graft::inline v0
