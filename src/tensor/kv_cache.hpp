// SPDX-License-Identifier: Apache-2.0
//
// The keys and values of one sequence, all layers, with those of virtual tokens before it. Rows live in chunks that
// never move; a pass appends to every layer and then commits, so a pass that fails leaves the cache as it was. Used by
// one thread at a time.
#pragma once

#include <vector>

#include "backend/backend.hpp"
#include "tensor/tensor.hpp"

namespace graft::inline v0 {

class KeyValueCache {
 public:
  // `width`: kv_heads * head_width. `dtype`: f32 or bf16.
  KeyValueCache(std::shared_ptr<Memory> memory, int layers, int width, Dtype dtype);

  // Tokens of the sequence, and rows with the virtual ones.
  int length() const { return length_; }
  int rows() const { return virtual_ + length_; }
  Dtype dtype() const { return dtype_; }

  // Forgets everything, and takes keys and values that stand before a sequence, as Edits have them; empty: none.
  void begin(const Lane& lane, const Tensor& prefix);
  // Writes `rows` rows of k and v behind the committed ones.
  void append(const Lane& lane, int layer, const float* k, const float* v, int rows);
  // `virtual_rows` of them, the first ones, are of virtual tokens.
  void commit(int rows, int virtual_rows = 0) {
    length_ += rows - virtual_rows;
    virtual_ += virtual_rows;
  }
  // A second cache with the same rows, for another continuation. They share the chunks that are full: neither may be
  // truncated into those.
  KeyValueCache branch() const;
  // Forgets all but the first `length` tokens.
  void truncate(int length) { length_ = length; }

  // The first `rows` rows of a layer, virtual ones counted, as spans.
  std::vector<KeyValueSpan> spans(int layer, int rows) const;

 private:
  struct Chunk {
    Tensor k, v;
  };
  std::byte* at(const Tensor& chunk, int row) const;

  std::shared_ptr<Memory> memory_;
  int width_;
  Dtype dtype_;
  int length_ = 0, virtual_ = 0;
  std::vector<std::vector<Chunk>> layers_;
};

}  // namespace graft::inline v0
