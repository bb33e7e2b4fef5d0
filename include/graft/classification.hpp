// SPDX-License-Identifier: Apache-2.0
//
//   const auto report = graft::classification_report(held_out, model.classify(held_out), model.info().labels);
//   std::cout << report.macro_f1.value << " (" << report.macro_f1.low << " to " << report.macro_f1.high << ")";
#pragma once

#include <span>
#include <string>
#include <vector>

#include <graft/dataset.hpp>
#include <graft/export.hpp>
#include <graft/metrics.hpp>
#include <graft/tasks.hpp>

namespace graft::inline v0 {

// How well the labels that were found for each example, in any order, fit its own. The classes of the report are
// `labels`, in that order. Throws ArgumentError that names an example without exactly one of them.
GRAFT_EXPORT ClassificationReport classification_report(const Dataset& data,
                                                        std::span<const std::vector<LabelScore>> found,
                                                        std::span<const std::string> labels,
                                                        const BootstrapOptions& options = {});

}  // namespace graft::inline v0
