// SPDX-License-Identifier: Apache-2.0
//
// Which tables this build holds and this processor can run.
#ifdef GRAFT_HAS_amx
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "device_backend.hpp"
#include "kernels.hpp"
#ifdef GRAFT_HAS_onednn
#include "onednn/onednn.hpp"
#endif

namespace graft::inline v0 {

namespace cpu::baseline {
extern const Kernels table;
}
#ifdef GRAFT_HAS_avx2
namespace cpu::avx2 {
extern const Kernels table;
}
#endif
#ifdef GRAFT_HAS_avx512
namespace cpu::avx512 {
extern const Kernels table;
}
#endif
#ifdef GRAFT_HAS_avx512_bf16
namespace cpu::avx512_bf16 {
extern const Kernels table;
}
#endif
#ifdef GRAFT_HAS_amx
namespace cpu::amx {
extern const Kernels table;
}
#endif
#ifdef GRAFT_HAS_cuda
namespace cuda {
extern const DeviceBackend backend;
}
#endif

namespace {

#ifdef GRAFT_HAS_amx
// The processor has AMX, and the system lets this process use its registers (arch/x86/xstate in Linux's documentation).
bool may_use_amx() {
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24;  // of CPUID 7.0's EDX
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (~d & (kBf16 | kTile))) return false;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

struct Choice {
  const Kernels* tables[6] = {&cpu::baseline::table};
  int count = 1, by_name = 0;

  Choice() {
    add_processor_tables();
#ifdef GRAFT_HAS_onednn
    tables[count + by_name++] = &onednn::table(*tables[count - 1]);
#endif
  }

  void add_processor_tables() {
#ifdef GRAFT_HAS_avx2
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2")) return;
    tables[count++] = &cpu::avx2::table;
#endif
#ifdef GRAFT_HAS_avx512
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
        !__builtin_cpu_supports("avx512cd"))
      return;
    tables[count++] = &cpu::avx512::table;
#endif
#ifdef GRAFT_HAS_avx512_bf16
    if (!__builtin_cpu_supports("avx512vnni") || !__builtin_cpu_supports("avx512bf16")) return;
    tables[count++] = &cpu::avx512_bf16::table;
#endif
#ifdef GRAFT_HAS_amx
    if (may_use_amx()) tables[count++] = &cpu::amx::table;
#endif
  }
};

}  // namespace

KernelTables kernel_tables() {
  static const Choice choice;
#ifdef GRAFT_HAS_onednn
  return {choice.tables, choice.count, choice.by_name, onednn::is_there};
#else
  return {choice.tables, choice.count, choice.by_name, [] { return false; }};
#endif
}

const DeviceBackend* cuda_backend() {
#ifdef GRAFT_HAS_cuda
  return &cuda::backend;
#else
  return nullptr;
#endif
}

}  // namespace graft::inline v0
