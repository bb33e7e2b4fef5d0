// SPDX-License-Identifier: Apache-2.0
//
// Few labels tune an embedding (SetFit, Tunstall et al. 2022), and a TableModel on embeddings is then the classifier:
//
//   auto model = graft::Model::load("all-MiniLM-L6-v2", {.head = graft::Head::embed()});
//   graft::Trainer(model, {.epochs = 1, .learning_rate = 2e-5f}).fit(graft::pairs_of_labels(labelled));
#pragma once

#include <cstdint>

#include <graft/dataset.hpp>
#include <graft/export.hpp>

namespace graft::inline v0 {

// Pairs of texts: for each text `per_text` others of its label, with the value 1, and as many of other labels, with the
// value 0, drawn by the seed. Throws ArgumentError for an example without exactly one label, and where no label has two
// texts or there is only one.
GRAFT_EXPORT Dataset pairs_of_labels(const Dataset& labelled, int per_text = 10, uint64_t seed = 0);

}  // namespace graft::inline v0
