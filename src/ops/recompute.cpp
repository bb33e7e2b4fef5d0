// SPDX-License-Identifier: Apache-2.0
//
// Activation checkpointing (Chen et al. 2016): keeps the input of a block and computes its inside again backwards.
#include "ops/recompute.hpp"

namespace graft::inline v0 {
namespace {

Tensor replay(const Run& run, Tape& tape, const Tensor& x, const BlockFunction& block) {
  Run inside = run;
  inside.tape = &tape;
  return block(inside, x);
}

}  // namespace

Tensor recompute(Run& run, const Tensor& x, BlockFunction block) {
  if (!run.tape) return block(run, x);
  Tensor y;
  {
    // The forward pass with a tape of its own tells whether anything in the block is watched; then it is dropped.
    Tape inside = run.tape->nested(x);
    y = replay(run, inside, x, block);
    if (!inside.watches(y)) return y;
  }
  run.tape->record({y.identity()}, [run, x, block = std::move(block), out = y.identity()](Tape& tape) {
    Run again = run;
    again.observer = nullptr;
    Tape inside = tape.nested(x);
    const Tensor y = replay(again, inside, x, block);
    inside.backward(y, tape.upstream(out));
    if (const Tensor dx = inside.upstream(x.identity())) tape.add_gradient(x.identity(), dx);
  });
  return y;
}

}  // namespace graft::inline v0
