// SPDX-License-Identifier: Apache-2.0
#include "support/threads.hpp"

namespace graft::inline v0 {
namespace {

// About 50 microseconds: longer than the pause between two kernels with many adapters, short enough not to harm a host.
constexpr int kSpins = 3000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

void stop(std::vector<std::thread>& threads, std::atomic<bool>& stopping, std::atomic<uint32_t>& posted) {
  stopping = true;
  ++posted;
  posted.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

Threads::Threads(int count) : shares_(std::make_unique<Share[]>(size_t(count))) {
  threads_.reserve(size_t(count) - 1);
  try {
    for (int worker = 1; worker < count; ++worker) threads_.emplace_back([this, worker] { work(worker); });
  } catch (...) {
    stop(threads_, stopping_, posted_);
    throw;
  }
}

Threads::~Threads() { stop(threads_, stopping_, posted_); }

void Threads::parallel(int tasks, Body body, void* argument) {
  if (threads_.empty() || tasks < 2 || taken_.exchange(true)) {
    for (int task = 0; task < tasks; ++task) body(argument, task, 0);
    return;
  }
  body_ = body;
  argument_ = argument;
  for (int worker = 0; worker < count(); ++worker) {
    shares_[size_t(worker)].next = int(int64_t(tasks) * worker / count());
    shares_[size_t(worker)].end = int(int64_t(tasks) * (worker + 1) / count());
  }
  open_ = true;
  ++posted_;
  posted_.notify_all();
  take_tasks(0);
  // A worker enters before it looks whether the job is open, so after this store nobody new takes part.
  open_ = false;
  for (int spins = 0; inside_ != 0; ++spins) spins < kSpins ? pause() : std::this_thread::yield();
  taken_ = false;
}

void Threads::take_tasks(int worker) {
  for (int i = 0; i < count(); ++i) {
    Share& share = shares_[size_t((worker + i) % count())];
    for (int task; (task = share.next.fetch_add(1, std::memory_order_relaxed)) < share.end;)
      body_(argument_, task, worker);
  }
}

bool Threads::wait_for_job(uint32_t& seen) {
  for (int spins = 0; posted_ == seen; ++spins) spins < kSpins ? pause() : posted_.wait(seen);
  seen = posted_;
  return !stopping_;
}

void Threads::work(int worker) {
  for (uint32_t seen = 0; wait_for_job(seen);) {
    ++inside_;
    if (open_) take_tasks(worker);
    --inside_;
  }
}

}  // namespace graft::inline v0
