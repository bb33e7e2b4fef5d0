// SPDX-License-Identifier: Apache-2.0
//
// The factors of a low-rank edit in the form that products read, kept as long as their values stand still.
#pragma once

#include <mutex>
#include <string_view>

#include "backend/backend.hpp"
#include "tensor/edits.hpp"

namespace graft::inline v0 {

class PackedFactors {
 public:
  explicit PackedFactors(std::shared_ptr<Memory> memory) : memory_(std::move(memory)) {}

  struct Form {
    PackedMatrix down, up;
  };
  // Packs at the first call for a table of kernels and f32 or bf16; always with the same factors. Thread-safe.
  Form form(const Lane& lane, const Tensor& down, const Tensor& up, Dtype dtype);

 private:
  struct Kept {
    std::string_view kernels;
    Form form;
    Tensor down, up;  // their bytes
  };
  std::shared_ptr<Memory> memory_;
  std::mutex mutex_;
  std::vector<Kept> kept_;
};

// The same edits, for as long as their values do not change: each is packed once.
Edits packed_once(const Edits& edits, const std::shared_ptr<Memory>& memory);

}  // namespace graft::inline v0
