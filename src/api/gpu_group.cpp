// SPDX-License-Identifier: Apache-2.0
#include "api/model_state.hpp"
#include "graft/group.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

class GpuGroup final : public Group {
 public:
  GpuGroup(std::shared_ptr<const DeviceQueue> queue, const GroupKey& key, int rank, int size)
      : queue_(std::move(queue)), rank_(rank), size_(size), place_(queue_->open_collective(key, rank, size)) {}
  ~GpuGroup() override { close(true); }
  GpuGroup(const GpuGroup&) = delete;
  GpuGroup& operator=(const GpuGroup&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void sum(std::span<float> values) override { queue_->sum(place(), values.data(), values.size(), false); }
  // Numbers of the host.
  void sum(std::span<double> values) override {
    void* const shared = queue_->allocate(values.size_bytes());
    const std::unique_ptr<void, Release> released(shared, Release{*queue_});
    std::ranges::copy(values, static_cast<double*>(shared));
    queue_->sum(place(), shared, values.size(), true);
    queue_->wait();
    std::copy_n(static_cast<const double*>(shared), values.size(), values.begin());
  }
  bool is_queued() const override { return true; }
  void leave() noexcept override { close(false); }

 private:
  void close(bool waits) noexcept {
    if (place_) queue_->close_collective(place_, waits);
    place_ = nullptr;
  }
  struct Release {
    const DeviceQueue& queue;
    void operator()(void* data) const { queue.release(data); }
  };
  void* place() const {
    check<Error>(place_, "group: rank ", rank_, " has left");
    return place_;
  }

  std::shared_ptr<const DeviceQueue> queue_;
  int rank_, size_;
  void* place_;
};

}  // namespace

GroupKey make_gpu_group_key() { return DeviceQueue::make_collective_key(); }

std::shared_ptr<Group> gpu_group(const Model& model, const GroupKey& key, int rank, int size) {
  check(size > 0 && rank >= 0 && rank < size, "gpu_group: rank ", rank, " of ", size, ", expected 0 to ", size - 1);
  const std::shared_ptr<const DeviceQueue>& queue = model.state()->trunk->backend->queue();
  check<UnsupportedError>(queue != nullptr, "gpu_group: the model is on the CPU, expected one on a GPU");
  return std::make_shared<GpuGroup>(queue, key, rank, size);
}

}  // namespace graft::inline v0
