// SPDX-License-Identifier: Apache-2.0
#include "support/threads.hpp"

#include <catch2/catch.hpp>
#include <memory>

namespace graft {
namespace {

// parallel() with any callable.
template <class Body>
void run(Threads& threads, int tasks, const Body& body) {
  threads.parallel(
      tasks, [](void* argument, int task, int worker) { (*static_cast<const Body*>(argument))(task, worker); },
      const_cast<Body*>(&body));
}

// How often each task ran.
class Counts {
 public:
  explicit Counts(int tasks) : counts_(size_t(tasks)) {}
  void add(int task) { ++counts_[size_t(task)]; }
  bool all_are(int expected) const {
    for (const std::atomic<int>& count : counts_)
      if (count != expected) return false;
    return true;
  }

 private:
  std::vector<std::atomic<int>> counts_;
};

}  // namespace

TEST_CASE("A pool of threads runs each task once, on workers that it has", "[support][threads]") {
  const int workers = GENERATE(1, 2, 4);
  Threads threads(workers);
  CHECK(threads.count() == workers);
  for (const int tasks : {0, 1, 2, 3, 7, 1000}) {
    Counts counts(tasks);
    std::atomic<bool> is_inside{true};
    run(threads, tasks, [&](int task, int worker) {
      counts.add(task);
      if (worker < 0 || worker >= workers) is_inside = false;
    });
    CHECK(counts.all_are(1));
    CHECK(is_inside);
  }
}

TEST_CASE("What the tasks of a pool of threads wrote is seen by the caller", "[support][threads]") {
  Threads threads(3);
  std::vector<int> written(64);
  for (int round = 1; round <= 500; ++round) {
    run(threads, 64, [&](int task, int) { written[size_t(task)] = round; });
    REQUIRE(written == std::vector<int>(64, round));
  }
}

TEST_CASE("Several threads share a pool, each with its own tasks", "[support][threads]") {
  Threads pool(3);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller)
      callers.emplace_back([&] {
        for (int round = 0; round < 100; ++round) {
          Counts counts(20);
          run(pool, 20, [&](int task, int) { counts.add(task); });
          wrong += !counts.all_are(1);
        }
      });
  }
  CHECK(wrong == 0);
}

TEST_CASE("A task may use the pool of threads that runs it", "[support][threads]") {
  Threads threads(3);
  Counts counts(8 * 5);
  for (int round = 0; round < 20; ++round)
    run(threads, 8, [&](int outer, int) { run(threads, 5, [&](int inner, int) { counts.add(outer * 5 + inner); }); });
  CHECK(counts.all_are(20));
}

TEST_CASE("A pool of threads that never worked can be destroyed", "[support][threads]") {
  for (int i = 0; i < 20; ++i) Threads(4);
}

}  // namespace graft
