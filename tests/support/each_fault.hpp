// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <new>

#include "graft/error.hpp"
#include "support/faults.hpp"

namespace graft {

// Lets the allocations of an action fail one after the other. Each time it must end with an exception, or do without
// (as Memory does where it would keep a block for later), and leave nothing behind; then `afterwards` is called. All of
// the first `dense` allocations are tried, then ever fewer.
inline void fail_each_allocation(
    const std::function<void()>& action, const std::function<void()>& afterwards = [] {}, int64_t dense = 60) {
  action();  // what is made once in a process is made now
  bool struck = true;
  for (int64_t k = 1; struck; k = next_fault(k, dense)) {
    bool failed = false;
    const int64_t before = live_blocks();
    {
      const Fault fault(Call::allocate, k);
      try {
        action();
      } catch (const std::bad_alloc&) {
        failed = true;
      } catch (const Error&) {
        failed = true;
      }
      struck = fault.calls() >= k;
    }
    if (live_blocks() > before) action();  // other blocks may be kept for later now, but only a leak stays
    const int64_t left = live_blocks() - before;
    INFO("allocation " << k);
    CHECK((struck || !failed));
    CHECK(left <= 0);  // less: of what was kept from the last time
    afterwards();
  }
}

}  // namespace graft
