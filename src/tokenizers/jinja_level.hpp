// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/message.hpp"
#include "tokenizers/jinja_evaluator.hpp"

namespace graft::inline v0::jinja {

// One more level of evaluation, for as long as it lives: macros may call each other without end.
class Evaluator::Level {
 public:
  explicit Level(int& depth) : depth_(depth) {
    constexpr int kDeepest = 600;
    if (++depth_ <= kDeepest) return;
    --depth_;
    fail<ResourceError>("it is nested more than ", kDeepest, " levels deep");
  }
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

}  // namespace graft::inline v0::jinja
