// SPDX-License-Identifier: Apache-2.0
//
// In the place of NCCL's header: ranks are threads of one process. A sum is done when the call returns.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda_runtime.h"

struct ncclUniqueId {
  char internal[128];
};
enum ncclResult_t { ncclSuccess, ncclInvalidUsage, ncclRemoteError };
enum ncclDataType_t { ncclFloat32, ncclFloat64 };
enum ncclRedOp_t { ncclSum };

namespace graft::emulation {

// All ranks of a key, and the sum that they are at.
struct Clique {
  explicit Clique(int of) : ranks(of) {}

  // Until all have come; false when one has left.
  bool meet() {
    std::unique_lock<std::mutex> lock(mutex);
    const int mine = meetings;
    if (++arrived == ranks) {
      arrived = 0;
      ++meetings;
      changed.notify_all();
    }
    changed.wait(lock, [&] { return meetings != mine || aborted; });
    return meetings != mine;
  }
  void abort() {
    const std::lock_guard<std::mutex> lock(mutex);
    aborted = true;
    changed.notify_all();
  }

  const int ranks;
  std::mutex mutex;
  std::condition_variable changed;
  int arrived = 0, meetings = 0;
  bool aborted = false;
  std::map<int, std::vector<double>> given;  // by rank, so that sums have one order
};

struct Membership {
  std::shared_ptr<Clique> clique;
  int rank;
};

inline std::shared_ptr<Clique> clique_of(const ncclUniqueId& id, int ranks) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<Clique>> all;
  const std::lock_guard<std::mutex> lock(mutex);
  std::shared_ptr<Clique>& clique = all[std::string(id.internal, sizeof(id.internal))];
  if (!clique) clique = std::make_shared<Clique>(ranks);
  return clique;
}

template <class Value>
ncclResult_t all_reduce(Membership& member, const void* from, void* to, size_t count) {
  Clique& clique = *member.clique;
  const Value* values = reinterpret_cast<const Value*>(Gpu::host_address(from, count * sizeof(Value)));
  {
    const std::lock_guard<std::mutex> lock(clique.mutex);
    clique.given[member.rank].assign(values, values + count);
  }
  if (!clique.meet()) return ncclRemoteError;
  std::vector<Value> sums(count);
  for (const auto& [rank, given] : clique.given) {
    if (given.size() != count) return ncclInvalidUsage;
    for (size_t i = 0; i < count; ++i) sums[i] += static_cast<Value>(given[i]);
  }
  if (!clique.meet()) return ncclRemoteError;
  Gpu::copy(to, sums.data(), count * sizeof(Value));
  return ncclSuccess;
}

}  // namespace graft::emulation

using ncclComm_t = graft::emulation::Membership*;

inline ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  static std::mutex mutex;
  static int next = 0;
  const std::lock_guard<std::mutex> lock(mutex);
  *id = {};
  ++next;
  std::memcpy(id->internal, &next, sizeof(next));
  return ncclSuccess;
}
inline ncclResult_t ncclCommInitRank(ncclComm_t* member, int ranks, ncclUniqueId id, int rank) {
  *member = new graft::emulation::Membership{graft::emulation::clique_of(id, ranks), rank};
  return (*member)->clique->ranks == ranks && (*member)->clique->meet() ? ncclSuccess : ncclInvalidUsage;
}
inline ncclResult_t ncclAllReduce(const void* from, void* to, size_t count, ncclDataType_t type, ncclRedOp_t,
                                  ncclComm_t member, cudaStream_t) {
  return type == ncclFloat64 ? graft::emulation::all_reduce<double>(*member, from, to, count)
                             : graft::emulation::all_reduce<float>(*member, from, to, count);
}
inline ncclResult_t ncclCommDestroy(ncclComm_t member) { return delete member, ncclSuccess; }
inline ncclResult_t ncclCommAbort(ncclComm_t member) {
  member->clique->abort();
  return ncclCommDestroy(member);
}
inline const char* ncclGetErrorString(ncclResult_t code) {
  return code == ncclRemoteError ? "another rank has left" : "invalid usage";
}
