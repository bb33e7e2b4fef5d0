// SPDX-License-Identifier: Apache-2.0
//
// Training on examples that are never in memory together.
#include <catch2/catch.hpp>

#include "api/tiny_model.hpp"
#include "graft/trainer.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

Example example(int number) {
  return {.prompt = "What is " + std::to_string(number) + "?", .completion = " It is " + std::to_string(number % 7)};
}

Dataset first_examples(int count) {
  std::vector<Example> examples;
  for (int i = 0; i < count; ++i) examples.push_back(example(i));
  return Dataset::from(std::move(examples));
}

// Examples without end; counts those that were asked for.
ExampleStream endless(int& asked) {
  return ExampleStream::from([&asked] {
    return [&asked, at = 0]() mutable {
      ++asked;
      return std::optional(example(at++));
    };
  });
}

struct Result {
  TrainReport report;
  std::vector<float> values;
};

template <class Data>
Result train(const Model& model, const Data& data, TrainOptions options, int stop_after = 0) {
  LoRAAdapter adapter(model, {.rank = 4, .dropout = 0.1f, .seed = 1});
  std::stop_source source;
  options.cancel = source.get_token();
  options.on_step = [&](const StepInfo& step) {
    if (step.step == stop_after) source.request_stop();
  };
  Result result{Trainer(model, adapter, options).fit(data), {}};
  result.values = values_of(adapter);
  return result;
}

const TrainOptions kOptions{.max_steps = 6, .batch = 4, .learning_rate = 1e-2f, .seed = 2, .shuffle = false};

}  // namespace

TEST_CASE("A stream trains like the data set of its examples", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  LoRAAdapter plain(model, {.rank = 4, .seed = 1}), streamed(model, {.rank = 4, .seed = 1});
  int asked = 0;
  const TrainReport expected = Trainer(model, plain, kOptions).fit(first_examples(24));
  const TrainReport report = Trainer(model, streamed, kOptions).fit(endless(asked));
  CHECK(report.losses == expected.losses);
  CHECK(report.trained_tokens == expected.trained_tokens);
  CHECK(values_of(streamed) == values_of(plain));
  CHECK(asked < 600);
}

TEST_CASE("A stream that ends begins again", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  const Result repeated = train(model, ExampleStream::from(first_examples(6)), kOptions);
  CHECK(repeated.report.steps == 6);
  CHECK(repeated.report.losses.back() < repeated.report.losses.front());
  const ExampleStream none = ExampleStream::from([] { return [] { return std::optional<Example>(); }; });
  CHECK_THROWS_WITH(train(model, none, kOptions), "training: the stream has no example");
}

TEST_CASE("Training on a stream is resumed to the same bits", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  int asked = 0;
  const ExampleStream stream = endless(asked).shuffled(16, 4);
  const Result whole = train(model, stream, kOptions);
  const TemporaryFolder folder;
  TrainOptions options = kOptions;
  options.checkpoints = folder.path();
  options.checkpoint_every = 1;
  CHECK(train(model, stream, options, 4).report.cancelled);
  const Result resumed = train(model, stream, options);
  CHECK(resumed.report.losses == whole.report.losses);
  CHECK(resumed.values == whole.values);
}

TEST_CASE("A stream needs a number of steps", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  int asked = 0;
  TrainOptions options = kOptions;
  options.max_steps = 0;
  CHECK_THROWS_WITH(train(model, endless(asked), options),
                    "TrainOptions: max_steps is 0, expected the steps of a stream, which has no epochs");
}

TEST_CASE("Steps may be given by their tokens", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  LoRAAdapter adapter(model, {.rank = 4, .seed = 1});
  TrainOptions options{.epochs = 2, .batch_tokens = 60, .learning_rate = 1e-2f};
  std::vector<int64_t> tokens = {0};
  options.on_step = [&](const StepInfo& step) { tokens.push_back(step.tokens); };
  const TrainReport report = Trainer(model, adapter, options).fit(first_examples(20));
  CHECK(report.steps > 2);
  for (size_t i = 1; i < tokens.size(); ++i) CHECK(tokens[i] - tokens[i - 1] <= 60);
}

}  // namespace graft
