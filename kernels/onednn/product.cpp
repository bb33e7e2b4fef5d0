// SPDX-License-Identifier: Apache-2.0
#include "onednn/product.hpp"

#include <exception>
#include <string_view>
#include <vector>

namespace graft::inline v0::onednn {
namespace {

constexpr size_t kMostProducts = 256;

// The panels of 32 outputs are these blocks of oneDNN where the depth fills whole blocks: 16 words of each output.
constexpr auto kFloatPanels = dnnl_BA16a32b;
constexpr auto kBf16Panels = dnnl_BA16a32b2a;

// Fills `owned` by a call that makes a handle.
template <class Handle, class Make>
bool obtain(Owned<Handle>& owned, const Make& make_handle) {
  Handle handle = nullptr;
  const bool is_made = make_handle(&handle) == dnnl_success;
  owned.reset(is_made ? handle : nullptr);
  return is_made;
}

// What a primitive is called with, as long as the call lasts.
class Arguments {
 public:
  Arguments(const Library& library, dnnl_engine_t engine) : library_(library), engine_(engine) {}

  bool add(int name, const dnnl_memory_desc_t& desc, const void* data) {
    Owned<dnnl_memory_t>& memory = memories_.emplace_back(nullptr, library_.memory_destroy);
    if (!obtain(memory, [&](dnnl_memory_t* made) {
          return library_.memory_create(made, &desc, engine_, const_cast<void*>(data));
        }))
      return false;
    arguments_.push_back({name, memory.get()});
    return true;
  }
  bool execute(const_dnnl_primitive_t primitive) const {
    Owned<dnnl_stream_t> stream{nullptr, library_.stream_destroy};
    return obtain(
               stream,
               [&](dnnl_stream_t* made) { return library_.stream_create(made, engine_, dnnl_stream_default_flags); }) &&
           library_.primitive_execute(primitive, stream.get(), int(arguments_.size()), arguments_.data()) ==
               dnnl_success;
  }

 private:
  const Library& library_;
  dnnl_engine_t engine_;
  std::vector<Owned<dnnl_memory_t>> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

}  // namespace

OneThread::OneThread(const Library& library)
    : library_(library), threads_(library.thread_limit ? library.thread_limit() : 1) {
  if (library_.thread_limit) library_.set_thread_limit(1);
}
OneThread::~OneThread() {
  if (library_.thread_limit) library_.set_thread_limit(threads_);
}

bool Product::describe(const TileShape& shape) {
  const auto init = [&](dnnl_memory_desc_t& desc, int rows, int cols, dnnl_data_type_t type, dnnl_format_tag_t tag) {
    const dnnl_dims_t sizes = {rows, cols};
    return library_.memory_desc_init_by_tag(&desc, 2, sizes, type, tag) == dnnl_success;
  };
  const auto type = shape.dtype == Dtype::bf16 ? dnnl_bf16 : dnnl_f32;
  const bool is_linear = shape.kind == TileShape::Kind::linear;
  const auto panels = shape.dtype == Dtype::bf16 ? kBf16Panels : kFloatPanels;
  return init(a_, shape.m, shape.k, type, is_linear ? dnnl_ab : dnnl_ba) &&
         init(b_, shape.k, shape.n, type, is_linear ? panels : dnnl_ab) && init(bias_, 1, shape.n, dnnl_f32, dnnl_ab) &&
         init(c_, shape.m, shape.n, dnnl_f32, dnnl_ab);
}

bool Product::set_options(const TileShape& shape) {
  if (!obtain(options_, library_.primitive_attr_create) ||
      library_.primitive_attr_set_scratchpad_mode(options_.get(), dnnl_scratchpad_mode_user) != dnnl_success)
    return false;
  if (!shape.adds) return true;
  Owned<dnnl_post_ops_t> add{nullptr, library_.post_ops_destroy};
  return obtain(add, library_.post_ops_create) && library_.post_ops_append_sum(add.get(), 1) == dnnl_success &&
         library_.primitive_attr_set_post_ops(options_.get(), add.get()) == dnnl_success;
}

std::shared_ptr<const Product> Product::make(const Library& library, const TileShape& shape) {
  const OneThread one_thread(library);
  const std::shared_ptr<Product> product(new Product(library));
  Product& p = *product;
  if (!obtain(p.engine_, [&](dnnl_engine_t* made) { return library.engine_create(made, dnnl_cpu, 0); }) ||
      !p.describe(shape) || !p.set_options(shape))
    return nullptr;
  dnnl_matmul_desc_t matmul;
  if (library.matmul_desc_init(&matmul, &p.a_, &p.b_, shape.has_bias ? &p.bias_ : nullptr, &p.c_) != dnnl_success ||
      !obtain(p.description_, [&](dnnl_primitive_desc_t* made) {
        return library.primitive_desc_create(made, &matmul, p.options_.get(), p.engine_.get(), nullptr);
      }))
    return nullptr;
  const char* kind = nullptr;
  if (library.primitive_desc_query(p.description_.get(), dnnl_query_impl_info_str, 0, &kind) != dnnl_success ||
      !std::string_view(kind).starts_with("brg"))
    return nullptr;
  p.scratch_ = *library.primitive_desc_query_md(p.description_.get(), dnnl_query_scratchpad_md, 0);
  const bool is_made = obtain(
      p.primitive_, [&](dnnl_primitive_t* made) { return library.primitive_create(made, p.description_.get()); });
  return is_made ? product : nullptr;
}

bool Product::multiply(const void* a, const void* b, const float* bias, float* c, void* scratch) const noexcept try {
  const OneThread one_thread(library_);
  Arguments arguments(library_, engine_.get());
  return arguments.add(DNNL_ARG_SRC, a_, a) && arguments.add(DNNL_ARG_WEIGHTS, b_, b) &&
         arguments.add(DNNL_ARG_DST, c_, c) && arguments.add(DNNL_ARG_SCRATCHPAD, scratch_, scratch) &&
         (!bias || arguments.add(DNNL_ARG_BIAS, bias_, bias)) && arguments.execute(primitive_.get());
} catch (const std::exception&) {
  return false;
}

std::shared_ptr<const Product> Products::find(const TileShape& shape) noexcept try {
  const Library* const from = library();
  if (!from) return nullptr;
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(shape); known != known_.end()) return known->second;
  if (known_.size() == kMostProducts) known_.clear();
  return known_[shape] = Product::make(*from, shape);
} catch (const std::exception&) {
  return nullptr;
}

}  // namespace graft::inline v0::onednn
