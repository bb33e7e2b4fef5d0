// SPDX-License-Identifier: Apache-2.0
//
// A float matrix, row-major, by shared handle. Copies are the same tensor; what is written through one is seen by all.
// `data` is for kernels. The host reads and writes `values` and `row`, which wait for the kernels that were called.
// What only products read, and those of bf16, may be a matrix of bf16: then there are `halves` in place of `data`.
#pragma once

#include <memory>
#include <span>

#include "support/message.hpp"
#include "tensor/memory.hpp"

namespace graft::inline v0 {

struct Shape {
  int rows = 0, cols = 0;
};

// What a tape knows a tensor by; it does not keep the tensor's data.
using Identity = std::shared_ptr<const Shape>;

class Tensor {
 public:
  Tensor() = default;
  // Not initialised.
  Tensor(Memory& memory, int rows, int cols, Dtype dtype = Dtype::f32)
      : shape_(std::make_shared<const Shape>(Shape{rows, cols})),
        memory_(&memory),
        dtype_(dtype),
        data_(memory.allocate(dtype == Dtype::f32 ? size() : (size() + 1) / 2)) {}

  static Tensor zeros(Memory& memory, int rows, int cols) {
    Tensor tensor(memory, rows, cols);
    tensor.clear();
    return tensor;
  }

  // One row with room for so many bytes, for what is not floats.
  static Tensor of_bytes(Memory& memory, size_t bytes) {
    return Tensor(memory, 1, int((bytes + sizeof(float) - 1) / sizeof(float)));
  }

  // The same data in another shape, under an identity of its own.
  Tensor reshaped(int rows, int cols) const {
    Tensor tensor(*this);
    tensor.shape_ = std::make_shared<const Shape>(Shape{rows, cols});
    return tensor;
  }

  explicit operator bool() const { return shape_ != nullptr; }
  int rows() const { return shape_->rows; }
  int cols() const { return shape_->cols; }
  size_t size() const { return size_t(rows()) * cols(); }
  Dtype dtype() const { return dtype_; }
  float* data() const {
    check(dtype_ == Dtype::f32, "a matrix of bf16 is read by products only");
    return data_.get();
  }
  uint16_t* halves() const { return dtype_ == Dtype::f32 ? nullptr : reinterpret_cast<uint16_t*>(data_.get()); }
  // For a product.
  Operand operand() const { return {dtype_ == Dtype::f32 ? data() : nullptr, cols(), false, halves()}; }
  Destination destination() const { return dtype_ == Dtype::f32 ? Destination(data()) : Destination(halves()); }
  std::span<float> values() const {
    memory_->wait();
    return {data(), size()};
  }
  std::span<float> row(int index) const { return values().subspan(size_t(index) * size_t(cols()), size_t(cols())); }
  // Of a 1 × 1 tensor.
  float& value() const { return values()[0]; }
  void clear() const { memory_->clear(data(), size()); }
  // Takes the values of a tensor of the same size.
  void assign(const Tensor& from) const { memory_->copy(from.data(), data(), size()); }
  const Identity& identity() const { return shape_; }
  Memory& memory() const { return *memory_; }

 private:
  Identity shape_;
  Memory* memory_ = nullptr;  // kept alive by the data
  Dtype dtype_ = Dtype::f32;
  std::shared_ptr<float> data_;
};

// The same values in memory of their own.
inline Tensor copy(Memory& memory, const Tensor& x) {
  Tensor y(memory, x.rows(), x.cols());
  y.assign(x);
  return y;
}

}  // namespace graft::inline v0
