// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/adapter_state.hpp"
#include "api/model_state.hpp"

namespace graft::inline v0 {

// What one stateless call computes with.
struct Call {
  Call(const Model::State& of, const Adapter* of_call)
      : reading(of.use),
        adapter(current(of_call)),
        lane(of.trunk->backend),
        loan(of.idle, lane.backend()),
        context(network_context(of, lane, loan.memory(), edits_of(adapter))) {}

  UseCount::Reading reading;
  std::shared_ptr<const FixedAdapter> adapter;
  Lane lane;
  IdleMemory::Loan loan;
  NetworkContext context;
};

}  // namespace graft::inline v0
