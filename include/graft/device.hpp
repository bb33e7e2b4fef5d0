// SPDX-License-Identifier: Apache-2.0
//
// Where a model lives and computes.
#pragma once

#include <functional>
#include <string>

namespace graft::inline v0 {

// The least precise products that a call may use. `automatic`: float weights in f32, bf16 weights in bf16, quantised
// weights in int8 when generating and bf16 when training. A processor without fast products of a kind uses finer ones.
enum class Precision { automatic, f32, bf16, int8 };

// Runs body(task) for every task in [0, tasks), on threads of the host, and returns when all are done.
using Executor = std::function<void(int tasks, const std::function<void(int task)>& body)>;

struct DeviceOptions {
  // The kernel table by name: "cpu/baseline", "cpu/avx2", "cpu/avx512", "cpu/avx512_bf16", "cpu/amx"; the best with
  // "+onednn" where the library was built with oneDNN; "cuda", or "cuda:1" for the second GPU, where it was built with
  // CUDA. On a processor with AMX the library asks Linux once for this process's leave to use it.
  // Empty: the environment variable GRAFT_KERNELS if set, else the best of graft's own that the processor runs. Names
  // that are unknown, or of a GPU that is not there, throw ArgumentError.
  std::string kernels = {};
  // Threads that compute, the calling one included. 0: the environment variable GRAFT_THREADS if set, else one a core.
  // The results do not depend on it.
  int threads = 0;
  // The host's own threads in place of a pool; `threads` is then the most tasks that run at once.
  Executor executor = {};
  // Measures the time of every kernel, for Model::profile.
  bool profile = false;
};

}  // namespace graft::inline v0
