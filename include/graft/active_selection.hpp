// SPDX-License-Identifier: Apache-2.0
//
//   for (const size_t i : graft::select_uncertain(model, unlabelled, 50)) label(unlabelled[i]);
#pragma once

#include <cstddef>
#include <vector>

#include <graft/dataset.hpp>
#include <graft/export.hpp>

namespace graft::inline v0 {

class Adapter;
class Model;

// How unsure a classifier is of a text (Settles, "Active learning literature survey", 2009).
enum class Uncertainty {
  entropy,          // of all its labels
  margin,           // how near the second label comes to the first
  least_confident,  // how improbable the first label is
};

struct ActiveSelectionOptions {
  Uncertainty measure = Uncertainty::entropy;
  int max_length = 0;                // longer texts are cut; 0: the model's context
  const Adapter* adapter = nullptr;  // not owned; null: the model as it was loaded
};

// The numbers of the `count` examples, or of all where there are fewer, of whose label a classifier is least sure, the
// least sure first: those that are most worth labelling.
GRAFT_EXPORT std::vector<size_t> select_uncertain(const Model& model, const Dataset& texts, size_t count,
                                                  const ActiveSelectionOptions& options = {});

}  // namespace graft::inline v0
