// SPDX-License-Identifier: Apache-2.0
//
// A step's loss and gradient do not depend on how its rows are cut into micro-batches.
#include <catch2/catch.hpp>

#include "support/tested_kernels.hpp"
#include "train/thawed.hpp"
#include "train/tiny_run.hpp"

namespace graft {
namespace {

constexpr int kLengths[] = {2, 57, 3, 31, 1, 13, 8, 47};  // a row of one token has nothing to learn in a decoder
constexpr double kLossTolerance = 1e-6, kGradientTolerance = 1e-5;
// Each row alone, all rows at once, and as many as fit into some tokens.
constexpr int kEachAlone = 1, kAllAtOnce = 1000, kPacked = 60;

// Rows of very different lengths, whose prompts are not learned.
std::vector<TokenRow> uneven_rows(Task task, int vocabulary) {
  std::vector<TokenRow> rows;
  int32_t next = 1;
  const auto tokens = [&](int count) {
    std::vector<int32_t> ids;
    for (int i = 0; i < count; ++i) ids.push_back(next = (next * 37 + 11) % vocabulary);
    return ids;
  };
  for (const int length : kLengths) {
    TokenRow& row = rows.emplace_back();
    row.ids = tokens(length);
    for (int i = 0; i < length; ++i) row.trained.push_back(i > length / 3);
    if (task == Task::translate) row.target = tokens(length / 2 + 1);
    if (task == Task::masked)
      for (const int32_t id : tokens(length)) row.token_labels.push_back(id % 3 == 0 ? id : -1);
    if (task == Task::classify) row.label = length % 3;
  }
  return rows;
}

// The largest difference, as a share of the tensor's largest value. The bias of keys has no gradient but for rounding:
// it moves all scores of a softmax alike.
double worst_share(const std::vector<float>& found, const std::vector<float>& expected) {
  constexpr double kRounding = 1e-7;
  double largest = 0, difference = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(double(expected[i])));
    difference = std::max(difference, std::abs(double(found[i]) - double(expected[i])));
  }
  return largest <= kRounding && difference <= kRounding ? 0 : difference / largest;
}

struct Step {
  StepLoss loss;
  std::vector<std::vector<float>> gradients;
};

class Accumulation {
 public:
  Accumulation(const std::string& model, const std::string& kernels)
      : trunk_(load_trunk(Checkpoint::open(golden_path("models/" + model), FileAccess::map),
                          Backend::create({.kernels = kernels, .threads = 2}))),
        lane_(trunk_->backend) {}

  void check_weights() { check_all(step_of_weights); }
  void check_adapter() { check_all(step_of_adapter); }

 private:
  using MakeStep = Step (*)(Accumulation&, int);

  static TrainOptions options(int micro_batch_tokens) {
    return {.micro_batch_tokens = micro_batch_tokens, .seed = 5, .precision = Precision::f32};
  }

  static Step step_of_weights(Accumulation& of, int micro_batch_tokens) {
    const Thawed thawed(of.trunk_->parameters, of.lane_, of.trunk_->memory, options(micro_batch_tokens));
    return of.step(thawed.trainable().parameters, nullptr, micro_batch_tokens);
  }

  static Step step_of_adapter(Accumulation& of, int micro_batch_tokens) {
    const std::unique_ptr<Lora> lora = Lora::create(*of.trunk_, {.rank = 4, .dropout = 0.1f}, 7);
    float sign = 0.1f;
    for (const AdapterTensor& tensor : lora->trainable())
      for (float& value : tensor.value.values()) value = value == 0 ? sign = -sign : value;
    return of.step(trainable_of(*lora, *of.trunk_, of.lane_).parameters, &lora->edits(), micro_batch_tokens);
  }

  Step step(const std::vector<Parameter>& parameters, const Edits* edits, int micro_batch_tokens) {
    const std::vector<TokenRow> rows =
        uneven_rows(trunk_->architecture.task, trunk_->transformer.stack().embedding.vocabulary);
    const TokenObjective objective(*trunk_, rows, options(micro_batch_tokens), {.edits = edits});
    const std::shared_ptr<Memory> memory = Memory::create(lane_.backend());
    Gradients gradients(memory);
    for (const Parameter& parameter : parameters) gradients.watch(parameter.value);
    std::vector<size_t> all(rows.size());
    std::iota(all.begin(), all.end(), size_t{0});
    Step step{objective.loss({lane_, memory, 5, 3}, all, &gradients), {}};
    for (const Parameter& parameter : parameters) {
      const std::span<const float> values = gradients.of(parameter.value).values();
      step.gradients.emplace_back(values.begin(), values.end());
    }
    return step;
  }

  void check_all(MakeStep make) {
    const Step whole = make(*this, kAllAtOnce);
    for (const int tokens : {kEachAlone, kPacked}) {
      INFO("micro-batches of " << tokens << " tokens");
      const Step cut = make(*this, tokens);
      CHECK(cut.loss.trained == whole.loss.trained);
      CHECK(cut.loss.mean() == Approx(whole.loss.mean()).epsilon(kLossTolerance).margin(0));
      REQUIRE(cut.gradients.size() == whole.gradients.size());
      for (size_t i = 0; i < cut.gradients.size(); ++i)
        CHECK(worst_share(cut.gradients[i], whole.gradients[i]) <= kGradientTolerance);
    }
  }

  std::unique_ptr<Trunk> trunk_;
  Lane lane_;
};

}  // namespace

TEST_CASE("Eight rows one by one, all at once and packed have one loss and one gradient", "[train]") {
  const std::string model = GENERATE("llama-gqa", "t5", "bert-mlm", "bert-seqcls-3");
  for (const std::string& table : tested_kernels()) {
    INFO(model << " on " << table);
    Accumulation accumulation(model, table);
    accumulation.check_weights();
    accumulation.check_adapter();
  }
}

}  // namespace graft
