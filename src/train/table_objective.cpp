// SPDX-License-Identifier: Apache-2.0
#include "train/table_objective.hpp"

#include <algorithm>
#include <cmath>

#include "ops/losses.hpp"
#include "support/fingerprint.hpp"
#include "support/for_each_task.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

void check_features(const Sequential& network, std::span<const float> values) {
  const size_t features = size_t(network.config().features);
  check(values.size() % features == 0, "rows of features: ", values.size(), " values, expected a multiple of ",
        features);
  const auto wrong = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  const size_t at = size_t(wrong - values.begin());
  check(wrong == values.end(), "row ", at / features + 1, ": feature ", at % features + 1, " is not a finite number");
}

TableObjective::TableObjective(const Sequential& network, const TableFeatures& rows, const TrainOptions& options)
    : network_(network),
      rows_(rows),
      options_(options.table),
      precision_(options.precision),
      saves_rounded_(options.save_rounded || precision_ == Precision::bf16 || precision_ == Precision::int8) {
  check(rows.rows > 0, "training: there are no rows");
  check(rows.cols == size_t(network.config().features) && rows.values.size() == rows.rows * rows.cols,
        "rows of features: ", rows.values.size(), " values in ", rows.rows, " rows of ", rows.cols,
        ", expected rows of ", network.config().features);
  check_features(network, rows.values);
  check_targets();
}

void TableObjective::check_targets() const {
  const bool has_classes = network_.link() != Nonlinearity::identity;
  const size_t found = has_classes ? rows_.classes.size() : rows_.numbers.size();
  const size_t expected = has_classes ? rows_.rows : rows_.rows * size_t(network_.width());
  check(found == expected, "training: ", rows_.rows, " rows have ", found, has_classes ? " classes" : " numbers",
        " to learn, expected ", expected);
  const bool is_binary = network_.link() == Nonlinearity::sigmoid;
  check(!is_binary || network_.width() == 1, "training: a network of sigmoid has ", network_.width(),
        " outputs, expected 1");
  const int classes = is_binary ? 2 : network_.width();
  const std::vector<float>& weights = options_.class_weights;
  check(weights.empty() || (has_classes && weights.size() == size_t(classes)), "TrainOptions: table.class_weights has ",
        weights.size(), " weights, expected ", has_classes ? classes : 0);
  for (size_t row = 0; row < rows_.classes.size() && has_classes; ++row)
    check(rows_.classes[row] >= 0 && rows_.classes[row] < classes, "row ", row + 1, ": its class is ",
          rows_.classes[row], ", expected 0 to ", classes - 1);
  for (size_t i = 0; i < rows_.numbers.size() && !has_classes; ++i)
    check(std::isfinite(rows_.numbers[i]), "row ", i / size_t(network_.width()) + 1, ": its number is ",
          rows_.numbers[i], ", expected a finite one");
}

float TableObjective::weight_of(size_t example) const {
  return options_.class_weights.empty() ? 1 : options_.class_weights[size_t(rows_.classes[example])];
}

StepLoss TableObjective::loss(const LossContext& context, std::span<const size_t> examples,
                              Gradients* gradients) const {
  const int64_t count = int64_t(examples.size());
  StepLoss loss{0, count, count};
  double total_weight = 0;
  for (const size_t example : examples) total_weight += weight_of(example);
  check<NumericError>(total_weight > 0, "training: every row of a batch is of a class of weight 0");
  const size_t at_once = gradients ? examples.size() : kTableRowsAtOnce;
  for (size_t first = 0; first < examples.size(); first += at_once) {
    const std::span<const size_t> part = examples.subspan(first, std::min(at_once, examples.size() - first));
    loss.sum += loss_at_once(context, part, total_weight, gradients) * double(count);
  }
  return loss;
}

// The part's share of the mean.
double TableObjective::loss_at_once(const LossContext& context, std::span<const size_t> examples, double total_weight,
                                    Gradients* gradients) const {
  const std::vector<int64_t> names(examples.begin(), examples.end());
  const Batch batch = batch_of_rows(names);
  Run run{context.lane, context.memory, batch, precision_};
  std::optional<Tape> tape;
  if (gradients) {
    tape.emplace(*gradients, context.memory, context.lane);
    run.tape = &*tape;
    run.training = true;
    run.saved = saves_rounded_ ? Dtype::bf16 : Dtype::f32;
    run.seed = context.seed;
    run.step = context.step;
  }
  const Tensor x = run.tensor(int(examples.size()), int(rows_.cols));
  const std::span<float> values = x.values();
  for_each_task(context.lane.backend(), int(examples.size()), [&](size_t i, size_t) {
    std::copy_n(&rows_.values[examples[i] * rows_.cols], rows_.cols, &values[i * rows_.cols]);
  });
  const Tensor loss = score_loss(run, network_.scores(run, x), examples, total_weight);
  if (tape && tape->watches(loss)) tape->backward(loss);
  return double(loss.value());
}

Tensor TableObjective::score_loss(Run& run, const Tensor& scores, std::span<const size_t> examples,
                                  double total_weight) const {
  const size_t outputs = size_t(network_.width());
  std::vector<float> weights, numbers;
  std::vector<int32_t> classes;
  for (const size_t example : examples) {
    const float weight = float(weight_of(example) / total_weight);
    if (network_.link() == Nonlinearity::identity) {
      const auto first = rows_.numbers.begin() + std::ptrdiff_t(example * outputs);
      numbers.insert(numbers.end(), first, first + std::ptrdiff_t(outputs));
      weights.insert(weights.end(), outputs, weight / float(outputs));
    } else {
      classes.push_back(rows_.classes[example]);
      weights.push_back(weight);
    }
  }
  if (network_.link() == Nonlinearity::softmax) return cross_entropy(run, scores, classes, weights);
  if (network_.link() == Nonlinearity::sigmoid) {
    numbers.assign(classes.begin(), classes.end());
    return binary_cross_entropy(run, scores, numbers, weights);
  }
  return options_.huber_delta > 0 ? huber(run, scores, numbers, weights, options_.huber_delta)
                                  : squared_error(run, scores, numbers, weights);
}

uint64_t TableObjective::fingerprint() const {
  Fingerprint print;
  print.add(options_.huber_delta);
  for (const std::vector<float>* values : {&options_.class_weights, &rows_.values, &rows_.numbers})
    for (const float value : *values) print.add(value);
  for (const int32_t target : rows_.classes) print.add(uint64_t(uint32_t(target)));
  return print.hash();
}

}  // namespace graft::inline v0
