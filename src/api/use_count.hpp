// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "support/message.hpp"

namespace graft::inline v0 {

// Who uses a model: many readers, or one writer. Nobody waits: what is not free is an error.
class UseCount {
 public:
  class Reading {
   public:
    explicit Reading(UseCount& use) : use_(use) {
      int count = use.count_;
      do check<ResourceError>(count >= 0, "the model is busy: it is being trained or merged");
      while (!use.count_.compare_exchange_weak(count, count + 1));
    }
    ~Reading() { --use_.count_; }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    UseCount& use_;
  };

  class Writing {
   public:
    explicit Writing(UseCount& use) : use_(use) {
      int free = 0;
      check<ResourceError>(use.count_.compare_exchange_strong(free, -1),
                           "the model is busy: training or merging needs it alone");
    }
    ~Writing() { use_.count_ = 0; }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;

   private:
    UseCount& use_;
  };

 private:
  std::atomic<int> count_{0};  // readers; -1: a writer
};

}  // namespace graft::inline v0
