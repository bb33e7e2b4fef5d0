// SPDX-License-Identifier: Apache-2.0
#include "onednn/product.hpp"

#include <exception>
#include <string_view>

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
extern "C" int omp_get_max_threads(void);
extern "C" void omp_set_num_threads(int);
#endif

namespace graft::inline v0::onednn {
namespace {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;

constexpr size_t kMostProducts = 256;

// The panels of 32 outputs are these blocks of oneDNN where the depth fills whole blocks: 16 words of each output.
constexpr auto kFloatPanels = Tag::BA16a32b;
constexpr auto kBf16Panels = Tag::BA16a32b2a;

dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, const TileShape& shape) {
  const auto type = shape.dtype == Dtype::bf16 ? dnnl::memory::data_type::bf16 : dnnl::memory::data_type::f32;
  const auto f32 = dnnl::memory::data_type::f32;
  const bool is_linear = shape.kind == TileShape::Kind::linear;
  const auto panels = shape.dtype == Dtype::bf16 ? kBf16Panels : kFloatPanels;
  const Desc a({shape.m, shape.k}, type, is_linear ? Tag::ab : Tag::ba);
  const Desc b({shape.k, shape.n}, type, is_linear ? panels : Tag::ab);
  const Desc c({shape.m, shape.n}, f32, Tag::ab);
  dnnl::primitive_attr options;
  options.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (shape.adds) {
    dnnl::post_ops add;
    add.append_sum();
    options.set_post_ops(add);
  }
  if (!shape.has_bias) return {{a, b, c}, options, engine};
  return {{a, b, Desc({1, shape.n}, f32, Tag::ab), c}, options, engine};
}

}  // namespace

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
OneThread::OneThread() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
OneThread::~OneThread() { omp_set_num_threads(threads_); }
#else
OneThread::OneThread() : threads_(1) {}
OneThread::~OneThread() = default;
#endif

Product::Product(const dnnl::engine& engine, const TileShape& shape)
    : engine_(engine), primitive_(describe(engine, shape)), matmul_(primitive_) {}

bool Product::is_fast() const { return std::string_view(primitive_.impl_info_str()).starts_with("brg"); }

bool Product::multiply(const void* a, const void* b, const float* bias, float* c, void* scratch) const noexcept try {
  const OneThread one_thread;
  const auto memory = [&](const Desc& desc, const void* data) {
    return dnnl::memory(desc, engine_, const_cast<void*>(data));
  };
  std::unordered_map<int, dnnl::memory> arguments = {
      {DNNL_ARG_SRC, memory(primitive_.src_desc(), a)},
      {DNNL_ARG_WEIGHTS, memory(primitive_.weights_desc(), b)},
      {DNNL_ARG_DST, memory(primitive_.dst_desc(), c)},
      {DNNL_ARG_SCRATCHPAD, memory(primitive_.scratchpad_desc(), scratch)}};
  if (bias) arguments.emplace(DNNL_ARG_BIAS, memory(primitive_.bias_desc(), bias));
  dnnl::stream stream(engine_);
  matmul_.execute(stream, arguments);
  return true;
} catch (const std::exception&) {
  return false;
}

std::shared_ptr<const Product> Products::find(const TileShape& shape) noexcept try {
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(shape); known != known_.end()) return known->second;
  if (known_.size() == kMostProducts) known_.clear();
  std::shared_ptr<const Product>& entry = known_[shape];
  const OneThread one_thread;
  auto product = std::make_shared<const Product>(dnnl::engine(dnnl::engine::kind::cpu, 0), shape);
  if (product->is_fast()) entry = std::move(product);
  return entry;
} catch (const std::exception&) {
  return nullptr;
}

}  // namespace graft::inline v0::onednn
