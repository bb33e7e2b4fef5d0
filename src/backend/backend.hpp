// SPDX-License-Identifier: Apache-2.0
//
// A place to compute: a table of kernels, the threads that run them, and the queue of a device. Shared by everything
// that lives there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/device_queue.hpp"
#include "backend/profile.hpp"
#include "graft/device.hpp"
#include "kernels.hpp"
#include "support/threads.hpp"

namespace graft::inline v0 {

class Backend {
 public:
  // Throws ArgumentError when the options name a table that there is not.
  static std::shared_ptr<const Backend> create(const DeviceOptions& options);

  const Kernels& kernels() const { return kernels_; }
  int threads() const { return threads_count_; }
  // Null unless the options ask for one.
  Profile* profile() const { return profile_.get(); }
  void parallel(int tasks, Threads::Body body, void* argument) const;
  // Null on the CPU.
  const std::shared_ptr<const DeviceQueue>& queue() const { return queue_; }

  // For tests: the same backend with another table.
  Backend(const Kernels& kernels, const DeviceOptions& options, std::shared_ptr<const DeviceQueue> queue = nullptr);

 private:
  std::shared_ptr<const DeviceQueue> queue_;
  std::unique_ptr<Profile> profile_;
  Kernels kernels_;
  int threads_count_;
  Executor executor_;
  std::unique_ptr<Threads> pool_;
};

// The names of the tables that this processor runs, the best last.
std::vector<std::string> kernel_names();

// What could compute here, a line each: the tables of the processor, and the GPUs or what is missing for them.
std::vector<std::string> device_descriptions();

// One caller's way into the backend: its stream, with the scratch memory of its kernels. Used by one thread at a time.
class Lane {
 public:
  explicit Lane(std::shared_ptr<const Backend> backend);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  const Stream& stream() const { return stream_; }
  const Backend& backend() const { return *backend_; }
  size_t scratch_bytes() const { return scratch_bytes_; }
  // Bytes of the host where kernels read them: they themselves on the CPU, else a copy at `copy`, which has room for it.
  const void* visible(const void* host, size_t bytes, void* copy) const;

 private:
  void open_on_cpu();
  void* scratch(size_t bytes);

  std::shared_ptr<const Backend> backend_;
  Stream stream_;
  void* scratch_ = nullptr;
  size_t scratch_bytes_ = 0;
};

}  // namespace graft::inline v0
