// SPDX-License-Identifier: Apache-2.0
//
// The explicit context of one pass, the first parameter of every operation and module. Nothing is thread-local.
#pragma once

#include <span>

#include "backend/backend.hpp"
#include "tensor/batch.hpp"
#include "tensor/edits.hpp"
#include "tensor/observer.hpp"
#include "tensor/tape.hpp"

namespace graft::inline v0 {

class KeyValueCache;

// Places of dropout in the network are numbered from here on, the sites of adapters from 0.
inline constexpr int kDropoutSites = 1 << 24;

struct Run {
  const Lane& lane;
  std::shared_ptr<Memory> memory;
  const Batch& batch;
  Precision precision = Precision::automatic;
  Tape* tape = nullptr;                         // null: inference
  std::span<const EditedRows> edits = {};       // in row order, not overlapping
  std::span<KeyValueCache* const> caches = {};  // one a sequence, or none at all
  const Observer* observer = nullptr;
  bool training = false;     // dropout is on
  Dtype saved = Dtype::f32;  // of what operations keep for the backward pass: f32 or bf16
  uint64_t seed = 0, step = 0;

  const Kernels& kernels() const { return lane.backend().kernels(); }
  const Stream& stream() const { return lane.stream(); }
  Tensor tensor(int rows, int cols, Dtype dtype = Dtype::f32) const { return Tensor(*memory, rows, cols, dtype); }
  bool records(std::initializer_list<Tensor> inputs) const { return tape && tape->watches_any(inputs); }

  // The least precise product for a weight of this dtype.
  Compute compute(Dtype weight) const {
    switch (precision) {
      case Precision::f32:
        return Compute::f32;
      case Precision::bf16:
        return Compute::bf16;
      case Precision::int8:
        return Compute::int8;
      case Precision::automatic:
        break;
    }
    if (weight == Dtype::f32 || weight == Dtype::f16) return Compute::f32;
    return weight == Dtype::bf16 || tape ? Compute::bf16 : Compute::int8;
  }
};

}  // namespace graft::inline v0
