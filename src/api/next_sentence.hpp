// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/model_state.hpp"
#include "data/pack.hpp"
#include "graft/dataset.hpp"

namespace graft::inline v0 {

// Pairs of segments, each some lines of a document, that fill rows of `length` tokens (Devlin et al. 2019): half of the
// second ones follow the first (label 0), the others come from another document (label 1). One row in ten is shorter,
// so that short texts are known, too.
std::vector<TokenRow> next_sentence_rows(const Model::State& model, const Dataset& data, size_t length);

}  // namespace graft::inline v0
