// SPDX-License-Identifier: Apache-2.0
#include "graft/active_selection.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graft/model.hpp"

namespace graft::inline v0 {
namespace {

double entropy(const std::vector<LabelScore>& scores) {
  double sum = 0;
  for (const LabelScore& score : scores)
    if (score.probability > 0) sum -= double(score.probability) * std::log(double(score.probability));
  return sum;
}

// The most probable label is the first.
double uncertainty(const std::vector<LabelScore>& scores, Uncertainty measure) {
  const double first = scores[0].probability, second = scores.size() > 1 ? scores[1].probability : 0;
  switch (measure) {
    case Uncertainty::entropy:
      return entropy(scores);
    case Uncertainty::margin:
      return second - first;
    case Uncertainty::least_confident:
      return -first;
  }
  return 0;
}

}  // namespace

std::vector<size_t> select_uncertain(const Model& model, const Dataset& texts, size_t count,
                                     const ActiveSelectionOptions& options) {
  std::vector<double> unsure;
  for (const std::vector<LabelScore>& scores :
       model.classify(texts, {.max_length = options.max_length, .adapter = options.adapter}))
    unsure.push_back(uncertainty(scores, options.measure));
  std::vector<size_t> order(unsure.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t example) { return unsure[example]; });
  order.resize(std::min(order.size(), count));
  return order;
}

}  // namespace graft::inline v0
