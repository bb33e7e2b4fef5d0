// SPDX-License-Identifier: Apache-2.0
//
// Sums over GPUs by NCCL, in the queue of each: behind the kernels that make the values and before those that use them.
#ifdef GRAFT_HAS_nccl
#include <nccl.h>
#include <string.h>
#endif

#include "cuda/queue.hpp"

namespace graft::inline v0::cuda {

#ifdef GRAFT_HAS_nccl
namespace {

struct Member {
  Queue& queue;
  ncclComm_t communicator;
};

void check_nccl(ncclResult_t code, const char* call, size_t size) {
  if (code != ncclSuccess) fail(false, call, size, ncclGetErrorString(code));
}

void make_key(char (&key)[128]) {
  static_assert(sizeof(ncclUniqueId) == sizeof(key));
  ncclUniqueId id;
  check_nccl(ncclGetUniqueId(&id), "ncclGetUniqueId", sizeof(id));
  memcpy(key, &id, sizeof(id));
}

void* open(void* of_queue, const char (&key)[128], int rank, int ranks) {
  Queue& queue = *static_cast<Queue*>(of_queue);
  check(cudaSetDevice(queue.device), "cudaSetDevice", size_t(queue.device));
  ncclUniqueId id;
  memcpy(&id, key, sizeof(id));
  ncclComm_t communicator = nullptr;
  check_nccl(ncclCommInitRank(&communicator, ranks, id, rank), "ncclCommInitRank", size_t(ranks));
  return new Member{queue, communicator};
}

void close(void* collective, bool waits) {
  Member* const member = static_cast<Member*>(collective);
  if (waits)
    ncclCommDestroy(member->communicator);
  else
    ncclCommAbort(member->communicator);
  delete member;
}

void sum(void* collective, void* values, size_t count, bool is_wide) {
  Member& member = *static_cast<Member*>(collective);
  check(cudaSetDevice(member.queue.device), "cudaSetDevice", size_t(member.queue.device));
  check_nccl(ncclAllReduce(values, values, count, is_wide ? ncclFloat64 : ncclFloat32, ncclSum, member.communicator,
                           member.queue.stream),
             "ncclAllReduce", count);
  note(member.queue);
}

}  // namespace

const DeviceCollective collective = {.make_key = make_key, .open = open, .close = close, .sum = sum};
#else
const DeviceCollective collective = {};
#endif

}  // namespace graft::inline v0::cuda
