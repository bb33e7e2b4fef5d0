// SPDX-License-Identifier: Apache-2.0
#include "backend/device_queue.hpp"

#include <algorithm>
#include <charconv>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::string_view kCuda = "cuda";

// The N of ":N"; 0 where nothing stands there.
int number_of(std::string_view text) {
  int number = 0;
  if (text.empty()) return 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  check(text[0] == ':' && error == std::errc() && end == text.data() + text.size() && number >= 0, "kernels: found \"",
        kCuda, text, "\", expected cuda or cuda:N");
  return number;
}

void check_collective(const DeviceBackend* device) {
  check<UnsupportedError>(
      device && device->collective->open,
      "groups of GPUs are not in this build: configure it with -DGRAFT_CUDA=ON where NCCL is found");
}

}  // namespace

std::shared_ptr<const DeviceQueue> DeviceQueue::open(std::string_view name) {
  if (!name.starts_with(kCuda)) return nullptr;
  const int number = number_of(name.substr(kCuda.size()));
  const DeviceBackend* cuda = cuda_backend();
  check(cuda, "kernels: \"", name, "\" is not in this build, configure it with -DGRAFT_CUDA=ON");
  const DeviceList found = cuda->devices();
  check(found.count > 0, "kernels: \"", name, "\" cannot be used: ", found.missing);
  check(number < found.count, "kernels: \"", name, "\" is not there, found ", found.count, " GPU(s)");
  return std::make_shared<const DeviceQueue>(*cuda, number);
}

DeviceQueue::CollectiveKey DeviceQueue::make_collective_key() {
  const DeviceBackend* cuda = cuda_backend();
  check_collective(cuda);
  char key[128];
  cuda->collective->make_key(key);
  return std::to_array(key);
}

void* DeviceQueue::open_collective(const CollectiveKey& key, int rank, int ranks) const {
  check_collective(&device_);
  char copy[128];
  std::ranges::copy(key, copy);
  return device_.collective->open(queue_, copy, rank, ranks);
}

DeviceQueue::~DeviceQueue() {
  for (const Stream& stream : idle_) device_.close(stream);
  device_.close_queue(queue_);
}

Stream DeviceQueue::take_stream() const {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) {
    idle_.reserve(idle_.capacity() + 1);  // giving back must not throw
    return device_.open(queue_, {});
  }
  const Stream stream = idle_.back();
  idle_.pop_back();
  return stream;
}

void DeviceQueue::give_back(const Stream& stream) const {
  const std::lock_guard lock(mutex_);
  idle_.push_back(stream);
}

}  // namespace graft::inline v0
