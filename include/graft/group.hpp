// SPDX-License-Identifier: Apache-2.0
//
//   const auto ranks = graft::thread_group(2);  // of one process; a host may bring its own Group, say of MPI
//   graft::Trainer(model, adapter, {.group = ranks[rank]}).fit(train);
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include <graft/error.hpp>

namespace graft::inline v0 {

class Model;

// Trainers that learn one model together (data parallelism). Each has the whole model, data and options, equal to the
// others', and computes its part of every step; the sums make all of them take the same step. One object a rank, used
// by one thread at a time.
class GRAFT_EXPORT Group {
 public:
  virtual ~Group() = default;
  virtual int rank() const = 0;  // from 0; rank 0 writes checkpoints, records and results
  virtual int size() const = 0;

  // Each value becomes the sum of all ranks' values, to the same bits everywhere. All ranks call it in one order, with
  // equal counts. Throws Error when another rank has left.
  virtual void sum(std::span<float> values) = 0;
  virtual void sum(std::span<double> values) = 0;
  // Whether `sum` stands in the queue of a GPU, behind the kernels that still write the values. Else they are complete.
  virtual bool is_queued() const { return false; }
  // This rank goes on no more, so that the others, which wait for it, fail.
  virtual void leave() noexcept {}
};

// The ranks of one process: `size` threads, each with a model of its own. The destruction of one is leaving.
GRAFT_EXPORT std::vector<std::shared_ptr<Group>> thread_group(int size);

// What ranks on GPUs find each other by: made once, and brought to every process.
using GroupKey = std::array<char, 128>;
GRAFT_EXPORT GroupKey make_gpu_group_key();
// A rank on the GPU of the model that is trained, by NCCL: another GPU for each rank. Waits for the others. Throws
// UnsupportedError where the model is on the CPU, or the library was built without NCCL.
GRAFT_EXPORT std::shared_ptr<Group> gpu_group(const Model& model, const GroupKey& key, int rank, int size);

}  // namespace graft::inline v0
