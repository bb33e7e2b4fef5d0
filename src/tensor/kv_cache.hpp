// SPDX-License-Identifier: Apache-2.0
//
// The keys and values of one sequence, all layers. Rows live in chunks that never move; a pass appends to every layer
// and then commits, so a pass that fails leaves the cache as it was. Used by one thread at a time.
#pragma once

#include <vector>

#include "backend/backend.hpp"
#include "tensor/tensor.hpp"

namespace graft::inline v0 {

class KeyValueCache {
 public:
  // `width`: kv_heads * head_width. `dtype`: f32 or bf16.
  KeyValueCache(std::shared_ptr<Memory> memory, int layers, int width, Dtype dtype);

  int length() const { return length_; }
  Dtype dtype() const { return dtype_; }

  // Writes `rows` rows of k and v behind the committed ones.
  void append(const Lane& lane, int layer, const float* k, const float* v, int rows);
  void commit(int rows) { length_ += rows; }
  // A second cache with the same rows, for another continuation. They share the chunks that are full: neither may be
  // truncated into those.
  KeyValueCache branch() const;
  // Forgets all but the first `length` rows.
  void truncate(int length) { length_ = length; }

  // The first `rows` rows of a layer, as spans.
  std::vector<KeyValueSpan> spans(int layer, int rows) const;

 private:
  struct Chunk {
    Tensor k, v;
  };
  std::byte* at(const Tensor& chunk, int row) const;

  std::shared_ptr<Memory> memory_;
  int width_;
  Dtype dtype_;
  int length_ = 0;
  std::vector<std::vector<Chunk>> layers_;
};

}  // namespace graft::inline v0
