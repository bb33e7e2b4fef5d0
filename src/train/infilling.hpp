// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "train/corruption.hpp"

namespace graft::inline v0 {

// BART's noise (Lewis et al. 2020): the sentences in another order, then spans of Poisson lengths with a mask each in
// their place, also of no token, where a mask is put in. The row's target is what it was.
TokenRow infill(const TokenRow& row, const Corruption& corruption, RandomDraws draw);

}  // namespace graft::inline v0
