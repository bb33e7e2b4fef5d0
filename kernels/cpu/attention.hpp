// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <math.h>

#include "cpu/simd.hpp"

namespace graft::inline v0::cpu::GRAFT_ISA {

inline constexpr int kKeyBlock = 64;

// Keys [begin, end) that a query sees.
struct KeyRange {
  int begin, end;
};
inline KeyRange visible_keys(const AttentionShape& shape, const AttentionSequence& sequence, int query) {
  if (!shape.causal) return {0, sequence.keys};
  const int end = sequence.keys - sequence.queries + query + 1;
  return {shape.window > 0 ? max(0, end - shape.window) : 0, end};
}

inline float capped(const AttentionShape& shape, float product) {
  const float score = product * shape.scale;
  return shape.soft_cap > 0 ? shape.soft_cap * tanhf(score / shape.soft_cap) : score;
}

// Key (or value) `at` of a query head as floats.
inline void read_row(const AttentionShape& shape, const AttentionSequence& sequence, int at, int head, bool value,
                     float* out) {
  const KeyValueSpan* span = sequence.spans;
  for (; at >= span->rows; ++span) at -= span->rows;
  const int64_t element = at * span->stride + head / (shape.heads / shape.kv_heads) * shape.head_width;
  const void* data = value ? span->v : span->k;
  for_vectors(shape.head_width, [&](int64_t i, int lanes) {
    if (shape.cache == Dtype::f32)
      return store(out + i, load(static_cast<const float*>(data) + element + i, lanes), lanes);
    Half half = {};
    memcpy(&half, static_cast<const uint16_t*>(data) + element + i, static_cast<size_t>(lanes) * 2);
    store(out + i, from_bf16(half), lanes);
  });
}

}  // namespace graft::inline v0::cpu::GRAFT_ISA
