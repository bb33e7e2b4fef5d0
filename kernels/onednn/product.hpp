// SPDX-License-Identifier: Apache-2.0
//
// One oneDNN primitive: the product of a tile on one thread, and a bounded store of them by shape.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <mutex>
#include <type_traits>

#include "dtype.hpp"
#include "onednn/library.hpp"

namespace graft::inline v0::onednn {

// oneDNN as Linux distributions build it takes its threads from OpenMP. While this lives, the calling thread has one.
class OneThread {
 public:
  explicit OneThread(const Library& library);
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  const Library& library_;
  int threads_;
};

// What oneDNN made, with what destroys it.
template <class Handle>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, dnnl_status_t (*)(Handle)>;

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
  // Null where oneDNN has no fast product: one of its block kernels. The others are far slower than ours.
  static std::shared_ptr<const Product> make(const Library& library, const TileShape& shape);

  size_t scratch_bytes() const { return library_.memory_desc_get_size(&scratch_); }
  // May run on several threads at once, each with scratch of its own. False: oneDNN failed.
  bool multiply(const void* a, const void* b, const float* bias, float* c, void* scratch) const noexcept;

 private:
  explicit Product(const Library& library) : library_(library) {}
  bool describe(const TileShape& shape);
  bool set_options(const TileShape& shape);

  const Library& library_;
  Owned<dnnl_engine_t> engine_{nullptr, library_.engine_destroy};
  Owned<dnnl_primitive_attr_t> options_{nullptr, library_.primitive_attr_destroy};
  Owned<dnnl_primitive_desc_t> description_{nullptr, library_.primitive_desc_destroy};
  Owned<dnnl_primitive_t> primitive_{nullptr, library_.primitive_destroy};
  dnnl_memory_desc_t a_ = {}, b_ = {}, bias_ = {}, c_ = {}, scratch_ = {};
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
