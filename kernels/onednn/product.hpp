// SPDX-License-Identifier: Apache-2.0
//
// One oneDNN primitive: the product of a tile on one thread, and a bounded store of them by shape.
#pragma once

#include <dnnl.hpp>

#include <compare>
#include <map>
#include <memory>
#include <mutex>

#include "dtype.hpp"

namespace graft::inline v0::onednn {

// oneDNN as Linux distributions build it takes its threads from OpenMP. While this lives, the calling thread has one.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int threads_;
};

// c[m, n] = a[m, k] · b[k, n] (+ bias[n]) (+ c), where a and b are of `dtype` and c is of floats, all without gaps.
struct TileShape {
  enum class Kind {
    linear,           // b is a packed matrix
    weight_gradient,  // a lies as [k, m]
  };
  Kind kind;
  Dtype dtype;  // f32 or bf16
  int m, n, k;
  bool adds, has_bias;

  auto operator<=>(const TileShape&) const = default;
};

class Product {
 public:
  // Throws dnnl::error.
  Product(const dnnl::engine& engine, const TileShape& shape);
  // Whether it is one of oneDNN's block kernels. The others are far slower than ours.
  bool is_fast() const;
  size_t scratch_bytes() const { return primitive_.scratchpad_desc().get_size(); }
  // May run on several threads at once, each with scratch of its own. False: oneDNN failed.
  bool multiply(const void* a, const void* b, const float* bias, float* c, void* scratch) const noexcept;

 private:
  dnnl::engine engine_;
  dnnl::matmul::primitive_desc primitive_;
  dnnl::matmul matmul_;
};

class Products {
 public:
  // Null where oneDNN has no fast product.
  std::shared_ptr<const Product> find(const TileShape& shape) noexcept;

 private:
  std::mutex mutex_;
  std::map<TileShape, std::shared_ptr<const Product>> known_;
};

}  // namespace graft::inline v0::onednn
