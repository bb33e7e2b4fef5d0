// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/adapter_state.hpp"
#include "api/model_state.hpp"

namespace graft::inline v0 {

// What one stateless call computes with.
struct Call {
  Call(const Model::State& of, const Adapter* adapter)
      : reading(of.use),
        lora(current_lora(adapter)),
        lane(of.trunk->backend),
        context(network_context(of, lane, Memory::create(), lora.get())) {}

  UseCount::Reading reading;
  std::shared_ptr<const Lora> lora;
  Lane lane;
  NetworkContext context;
};

}  // namespace graft::inline v0
