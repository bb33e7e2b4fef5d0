// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <mutex>

#include "graft/group.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// Where the ranks meet.
struct Meeting {
  explicit Meeting(int of) : size(of), values(size_t(of)), counts(size_t(of)) {}

  // Until all have come, or one has left.
  void wait() {
    std::unique_lock lock(mutex);
    const uint64_t mine = meetings;
    if (++arrived == size) {
      arrived = 0;
      ++meetings;
      all_here.notify_all();
    }
    all_here.wait(lock, [&] { return meetings != mine || has_left; });
    check<Error>(meetings != mine, "group: another rank has left");
  }
  void leave() {
    const std::lock_guard lock(mutex);
    has_left = true;
    all_here.notify_all();
  }

  const int size;
  std::vector<void*> values;  // of each rank
  std::vector<size_t> counts;
  std::mutex mutex;
  std::condition_variable all_here;
  int arrived = 0;
  uint64_t meetings = 0;
  bool has_left = false;
};

class ThreadGroup final : public Group {
 public:
  ThreadGroup(std::shared_ptr<Meeting> meeting, int rank) : meeting_(std::move(meeting)), rank_(rank) {}
  ~ThreadGroup() override { meeting_->leave(); }
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return meeting_->size; }
  void sum(std::span<float> values) override { sum_of(values); }
  void sum(std::span<double> values) override { sum_of(values); }
  void leave() noexcept override { meeting_->leave(); }

 private:
  // Each rank makes the sums of its part of the values, in the order of the ranks, and writes them to all.
  template <class Value>
  void sum_of(std::span<Value> values) {
    meeting_->values[size_t(rank_)] = values.data();
    meeting_->counts[size_t(rank_)] = values.size();
    meeting_->wait();
    for (const size_t count : meeting_->counts)
      check(count == values.size(), "group: rank ", rank_, " sums ", values.size(), " values, another one ", count);
    const size_t size = size_t(meeting_->size), rank = size_t(rank_);
    for (size_t i = values.size() * rank / size; i < values.size() * (rank + 1) / size; ++i) {
      Value sum = 0;
      for (void* of : meeting_->values) sum += static_cast<Value*>(of)[i];
      for (void* of : meeting_->values) static_cast<Value*>(of)[i] = sum;
    }
    meeting_->wait();
  }

  std::shared_ptr<Meeting> meeting_;
  int rank_;
};

}  // namespace

std::vector<std::shared_ptr<Group>> thread_group(int size) {
  check(size > 0, "thread_group: ", size, " ranks, expected at least 1");
  const auto meeting = std::make_shared<Meeting>(size);
  std::vector<std::shared_ptr<Group>> ranks;
  for (int rank = 0; rank < size; ++rank) ranks.push_back(std::make_shared<ThreadGroup>(meeting, rank));
  return ranks;
}

}  // namespace graft::inline v0
