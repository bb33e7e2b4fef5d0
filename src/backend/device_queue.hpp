// SPDX-License-Identifier: Apache-2.0
//
// A device that computes beside the host: its one queue of work, the memory that both reach, and the streams by which
// threads use it. Thread-safe.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "device_backend.hpp"

namespace graft::inline v0 {

class DeviceQueue {
 public:
  // The device that a table's name stands for: "cuda" or "cuda:1". Null where it names a table of the CPU. Throws
  // ArgumentError where there is no such device, or this build has none.
  static std::shared_ptr<const DeviceQueue> open(std::string_view name);

  DeviceQueue(const DeviceBackend& device, int number) : device_(device), queue_(device.open_queue(number)) {}
  ~DeviceQueue();
  DeviceQueue(const DeviceQueue&) = delete;
  DeviceQueue& operator=(const DeviceQueue&) = delete;

  const Kernels& kernels() const { return *device_.kernels; }

  // Memory that the host may read and write after `wait`.
  void* allocate(size_t bytes) const { return device_.shared->allocate(queue_, bytes); }
  void release(void* data) const { device_.shared->release(queue_, data); }
  // Queued, as kernels are.
  void copy(const void* from, void* to, size_t bytes) const { device_.shared->copy(queue_, from, to, bytes); }
  void clear(void* data, size_t bytes) const { device_.shared->fill(queue_, data, 0, bytes); }
  // Until all that was queued is done.
  void wait() const { device_.shared->wait(queue_); }

  // A stream for one thread, for as long as it wants it.
  Stream take_stream() const;
  void give_back(const Stream& stream) const;
  // Memory of the host, which may be used again at once.
  void upload(const Stream& stream, const void* host, void* data, size_t bytes) const {
    device_.memory->upload(stream, host, data, bytes);
  }

  // This device among those of `ranks`, and what they sum together (device_backend.hpp). Throws UnsupportedError where
  // the build has no collectives.
  using CollectiveKey = std::array<char, 128>;
  static CollectiveKey make_collective_key();
  void* open_collective(const CollectiveKey& key, int rank, int ranks) const;
  void close_collective(void* place, bool waits) const { device_.collective->close(place, waits); }
  void sum(void* place, void* values, size_t count, bool is_wide) const {
    device_.collective->sum(place, values, count, is_wide);
  }

 private:
  const DeviceBackend& device_;
  void* queue_;
  mutable std::mutex mutex_;
  mutable std::vector<Stream> idle_;
};

}  // namespace graft::inline v0
