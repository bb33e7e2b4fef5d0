// SPDX-License-Identifier: Apache-2.0
#include "onednn/library.hpp"

#include <dlfcn.h>

namespace graft::inline v0::onednn {
namespace {

constexpr const char* kFile = "libdnnl.so.2";
static_assert(DNNL_VERSION_MAJOR == 2);

class Names {
 public:
  explicit Names(void* handle) : handle_(handle) {}
  template <class Function>
  void find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    all_found_ &= function != nullptr;
  }
  bool all_found() const { return all_found_; }

 private:
  void* handle_;
  bool all_found_ = true;
};

bool open(Library& library) {
  void* const handle = dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return false;
  Names names(handle);
  names.find("dnnl_engine_create", library.engine_create);
  names.find("dnnl_engine_destroy", library.engine_destroy);
  names.find("dnnl_stream_create", library.stream_create);
  names.find("dnnl_stream_destroy", library.stream_destroy);
  names.find("dnnl_memory_desc_init_by_tag", library.memory_desc_init_by_tag);
  names.find("dnnl_memory_desc_get_size", library.memory_desc_get_size);
  names.find("dnnl_memory_create", library.memory_create);
  names.find("dnnl_memory_destroy", library.memory_destroy);
  names.find("dnnl_post_ops_create", library.post_ops_create);
  names.find("dnnl_post_ops_append_sum", library.post_ops_append_sum);
  names.find("dnnl_post_ops_destroy", library.post_ops_destroy);
  names.find("dnnl_primitive_attr_create", library.primitive_attr_create);
  names.find("dnnl_primitive_attr_set_scratchpad_mode", library.primitive_attr_set_scratchpad_mode);
  names.find("dnnl_primitive_attr_set_post_ops", library.primitive_attr_set_post_ops);
  names.find("dnnl_primitive_attr_destroy", library.primitive_attr_destroy);
  names.find("dnnl_matmul_desc_init", library.matmul_desc_init);
  names.find("dnnl_primitive_desc_create", library.primitive_desc_create);
  names.find("dnnl_primitive_desc_query", library.primitive_desc_query);
  names.find("dnnl_primitive_desc_query_md", library.primitive_desc_query_md);
  names.find("dnnl_primitive_desc_destroy", library.primitive_desc_destroy);
  names.find("dnnl_primitive_create", library.primitive_create);
  names.find("dnnl_primitive_execute", library.primitive_execute);
  names.find("dnnl_primitive_destroy", library.primitive_destroy);
  names.find("dnnl_sgemm", library.sgemm);
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
  names.find("omp_get_max_threads", library.thread_limit);
  names.find("omp_set_num_threads", library.set_thread_limit);
#endif
  return names.all_found();
}

struct Opened {
  Library library = {};
  bool is_there = open(library);
};

}  // namespace

const Library* library() {
  static const Opened opened;
  return opened.is_there ? &opened.library : nullptr;
}

}  // namespace graft::inline v0::onednn
