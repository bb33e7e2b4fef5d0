// SPDX-License-Identifier: Apache-2.0
#include "train/teacher.hpp"

#include "ops/losses.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

bool gives_words(Task task) { return task == Task::causal || task == Task::masked || task == Task::translate; }

}  // namespace

void check_teacher(const Trunk& teacher, const Trunk& student, const DistillationOptions& options) {
  const Task task = student.architecture.task;
  check(teacher.architecture.task == task, "DistillationOptions: the teacher is a ", teacher.architecture.name,
        ", which does another task than the ", student.architecture.name);
  const bool is_classes = task == Task::tag || (task == Task::classify && problem_of(student) == Problem::one_of);
  check<UnsupportedError>(gives_words(task) || is_classes, "unsupported: distillation of a ", student.architecture.name,
                          ", expected a model that gives words or one label");
  const int own = student.transformer.head().config().outputs, other = teacher.transformer.head().config().outputs;
  check(own == other, "DistillationOptions: the teacher gives ", other, " scores, expected ", own);
  if (is_classes)
    check(label_names(teacher.config, other) == label_names(student.config, own),
          "DistillationOptions: the teacher has other labels");
  check(options.hidden == 0 || teacher.transformer.stack().width == student.transformer.stack().width,
        "DistillationOptions: hidden: the teacher is ", teacher.transformer.stack().width, " wide, expected ",
        student.transformer.stack().width);
}

TeacherPass::TeacherPass(const Teacher& teacher, Batch batch, Batch sources)
    : teacher_(teacher), source_(teacher.network, std::move(sources)), pass_(teacher.network, std::move(batch)) {
  const Transformer& transformer = teacher.network.trunk.transformer;
  if (transformer.config().encoder) encoded_ = transformer.encode(source_.run());
  hidden_ = pass_.hidden({.encoded = &encoded_});
}

Tensor TeacherPass::loss(Run& run, const Trunk& student, const Tensor& hidden, const Labels& labels) {
  const bool is_words = gives_words(student.architecture.task);
  const ScoreHead &head = student.transformer.head(), &wise = teacher_.network.trunk.transformer.head();
  const std::vector<int32_t>& rows = labels.tokens.rows;
  const Tensor scores = is_words ? head(run, hidden, rows) : head(run, hidden);
  const Tensor wanted = is_words ? wise(pass_.run(), hidden_, rows) : wise(pass_.run(), hidden_);
  const Tensor own =
      is_words ? cross_entropy(run, scores, labels.tokens.tokens, labels.tokens.weights, labels.tokens.label_smoothing)
               : cross_entropy(run, scores, labels.classes, labels.weights);
  std::vector<float> weights = is_words ? labels.tokens.weights : labels.weights;
  for (size_t i = 0; i < weights.size() && !is_words; ++i)
    if (labels.classes[i] == kIgnored) weights[i] = 0;
  const DistillationOptions& options = teacher_.options;
  return add(run, scaled(run, own, 1 - options.share),
             scaled(run, distillation(run, scores, wanted, weights, options.temperature), options.share));
}

Tensor TeacherPass::hidden_loss(Run& run, const Tensor& hidden, int64_t tokens) {
  // |a - b|² of rows of length 1 is 2 · (1 - cos).
  const Tensor wanted = normalized(pass_.run(), hidden_);
  const std::vector<float> weights(wanted.size(), teacher_.options.hidden / (2 * float(tokens)));
  return squared_error(run, normalized(run, hidden), wanted.values(), weights);
}

}  // namespace graft::inline v0
