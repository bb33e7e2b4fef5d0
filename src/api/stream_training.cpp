// SPDX-License-Identifier: Apache-2.0
//
// Training on a stream of examples.
#include "api/text_training.hpp"
#include "support/message.hpp"
#include "train/streamed_objective.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kExamplesAtOnce = 256;  // become rows of tokens together

// The next examples of a stream that begins again at its end.
Dataset next_examples(const ExampleStream& stream, ExampleStream::Next& next) {
  std::vector<Example> examples;
  bool begins_again = false;
  while (examples.size() < kExamplesAtOnce) {
    std::optional<Example> example = next();
    if (!example) {
      if (begins_again || !examples.empty()) break;
      begins_again = true;
      next = stream.begin();
      continue;
    }
    examples.push_back(std::move(*example));
  }
  check(!examples.empty(), "training: the stream has no example");
  return Dataset::from(std::move(examples));
}

}  // namespace

TrainReport TextTraining::fit(const ExampleStream& train, const Dataset* held_out) const {
  check(options_.max_steps > 0, "TrainOptions: max_steps is 0, expected the steps of a stream, which has no epochs");
  check(options_.batch_tokens == 0, "TrainOptions: batch_tokens is ", options_.batch_tokens,
        ", expected 0 for a stream: its examples are not known in advance");
  check<UnsupportedError>(!learns_preferences(), "unsupported: preference tuning on a stream, expected a Dataset");
  const auto begin = [&]() -> NextRows {
    return [this, &train, next = train.begin()]() mutable { return rows(next_examples(train, next), no_notice); };
  };
  TextTraining stepwise = *this;
  stepwise.options_.epochs = 1;
  stepwise.options_.shuffle = false;
  return stepwise.fit_and_save([&](const Notice& notice) {
    const std::vector<TokenRow> first = begin()();
    const size_t examples = size_t(options_.max_steps) * size_t(options_.batch);
    const MakeObjective make = [&](const TokenObjective::Parts& parts) -> std::unique_ptr<Objective> {
      return std::make_unique<StreamedObjective>(*model_->trunk, begin, examples, stepwise.options_, parts);
    };
    return stepwise.with_objective(first, make, held_out, notice, [](Fit& fit) { return fit.run(); });
  });
}

}  // namespace graft::inline v0
