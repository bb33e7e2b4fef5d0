// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "nn/parameters.hpp"
#include "train/trainable.hpp"

namespace graft::inline v0 {

// Finds the places of parameters by their names: those of a network's weights, or of what an adapter adds to one, whose
// names begin with that of its matrix without ".weight".
void find_places(std::vector<Parameter>& parameters, const Parameters& network);

}  // namespace graft::inline v0
