// SPDX-License-Identifier: Apache-2.0
#include "tensor/kv_cache.hpp"

#include <algorithm>

#include "blocks.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kChunkRows = 256;

}  // namespace

KeyValueCache::KeyValueCache(std::shared_ptr<Memory> memory, int layers, int width, Dtype dtype)
    : memory_(std::move(memory)), width_(width), dtype_(dtype), layers_(layers) {}

std::byte* KeyValueCache::at(const Tensor& chunk, int row) const {
  return reinterpret_cast<std::byte*>(chunk.data()) + row_bytes(dtype_, width_) * row;
}

void KeyValueCache::append(const Lane& lane, int layer, const float* k, const float* v, int rows) {
  const Kernels& kernels = lane.backend().kernels();
  std::vector<Chunk>& chunks = layers_[layer];
  const int chunk_floats = int(row_bytes(dtype_, width_) * kChunkRows / sizeof(float));
  for (int row = 0; row < rows;) {
    const int to = this->rows() + row;
    if (to / kChunkRows == int(chunks.size()))
      chunks.push_back({Tensor(*memory_, 1, chunk_floats), Tensor(*memory_, 1, chunk_floats)});
    const Chunk& chunk = chunks[to / kChunkRows];
    const int count = std::min(rows - row, kChunkRows - to % kChunkRows);
    const int64_t from = int64_t(row) * width_, values = int64_t(count) * width_;
    kernels.convert(lane.stream(), k + from, dtype_, at(chunk.k, to % kChunkRows), values);
    kernels.convert(lane.stream(), v + from, dtype_, at(chunk.v, to % kChunkRows), values);
    row += count;
  }
}

void KeyValueCache::begin(const Lane& lane, const Tensor& prefix) {
  length_ = virtual_ = 0;
  if (!prefix) return;
  const Tensor k(*memory_, prefix.rows(), width_), v(*memory_, prefix.rows(), width_);
  for (int layer = 0; layer < int(layers_.size()); ++layer) {
    const auto take = [&](int first, const Tensor& rows) {
      lane.backend().kernels().copy_columns(lane.stream(), prefix.data(), prefix.rows(), prefix.cols(),
                                            {first * width_, width_, 0, 1}, rows.data());
    };
    take(2 * layer, k);
    take(2 * layer + 1, v);
    append(lane, layer, k.data(), v.data(), prefix.rows());
  }
  virtual_ = prefix.rows();
}

KeyValueCache KeyValueCache::branch() const {
  KeyValueCache other = *this;
  const int partial = rows() % kChunkRows;
  for (std::vector<Chunk>& chunks : other.layers_) {
    if (partial == 0 || chunks.empty()) continue;
    for (Tensor* tensor : {&chunks.back().k, &chunks.back().v}) {
      const Tensor copy(*memory_, 1, int(tensor->size()));
      memory_->copy(tensor->data(), copy.data(), (row_bytes(dtype_, width_) * partial + 3) / sizeof(float));
      *tensor = copy;
    }
  }
  return other;
}

std::vector<KeyValueSpan> KeyValueCache::spans(int layer, int rows) const {
  std::vector<KeyValueSpan> spans;
  for (int first = 0; first < rows; first += kChunkRows) {
    const Chunk& chunk = layers_[layer][first / kChunkRows];
    spans.push_back({chunk.k.data(), chunk.v.data(), std::min(kChunkRows, rows - first), width_});
  }
  return spans;
}

}  // namespace graft::inline v0
