// SPDX-License-Identifier: Apache-2.0
//
// Losses of given outputs, with their gradients.
#include <algorithm>
#include <functional>
#include <numeric>

#include "cli/verify_kinds.hpp"
#include "ops/losses.hpp"
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

class LossInputs {
 public:
  LossInputs(const Goldens& goldens, Memory& memory) : goldens_(goldens), memory_(memory) {
    for (const int64_t target : goldens.integers("in.targets")) targets.push_back(int32_t(target));
  }

  Tensor tensor(const std::string& name) const {
    const Golden& golden = goldens_.at("in." + name);
    check<FileError>(golden.shape.size() == 2, goldens_.file, ": in.", name, " has ", golden.shape.size(),
                     " dimensions, expected 2");
    Tensor tensor(memory_, int(golden.shape[0]), int(golden.shape[1]));
    std::ranges::copy(golden.floats, tensor.values().begin());
    return tensor;
  }
  const std::vector<float>& floats(const std::string& name) const { return goldens_.floats("in." + name); }

  // A weight for each target that is counted, 0 for the others.
  std::vector<float> counted(const std::function<float(int32_t)>& weight) const {
    std::vector<float> weights;
    for (const int32_t target : targets) weights.push_back(target == kIgnored ? 0 : weight(target));
    return weights;
  }
  // Weights whose sum is 1, or another.
  std::vector<float> mean_of_counted(float sum = 1) const {
    std::vector<float> weights = counted([](int32_t) { return 1.0f; });
    const float count = std::accumulate(weights.begin(), weights.end(), 0.0f);
    for (float& weight : weights) weight *= sum / count;
    return weights;
  }
  std::vector<float> class_weights() const {
    const std::vector<float>& of_class = floats("class_weight");
    std::vector<float> weights = counted([&](int32_t target) { return of_class.at(size_t(target)); });
    const float sum = std::accumulate(weights.begin(), weights.end(), 0.0f);
    for (float& weight : weights) weight /= sum;
    return weights;
  }
  // A weight for each binary target, over their number.
  std::vector<float> binary(const std::function<float(size_t column, bool positive)>& weight) const {
    const std::vector<float>& given = floats("bin_targets");
    const size_t columns = size_t(goldens_.at("in.bin_targets").shape.at(1));
    std::vector<float> weights;
    for (size_t i = 0; i < given.size(); ++i)
      weights.push_back(weight(i % columns, given[i] > 0.5f) / float(given.size()));
    return weights;
  }

  std::vector<int32_t> targets;

 private:
  const Goldens& goldens_;
  Memory& memory_;
};

std::vector<float> mean_of(size_t count, float sum = 1) { return std::vector<float>(count, sum / float(count)); }

struct Loss {
  const char *name, *input;
  Tensor (*compute)(Run&, const LossInputs&, const Tensor& x);
};

const Loss kClassLosses[] = {
    {"ce", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return cross_entropy(run, x, in.targets, in.mean_of_counted());
     }},
    {"ce-sum", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return cross_entropy(run, x, in.targets, in.counted([](int32_t) { return 1.0f; }));
     }},
    {"ce-smooth", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return cross_entropy(run, x, in.targets, in.mean_of_counted(), 0.1f);
     }},
    {"ce-weight", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return cross_entropy(run, x, in.targets, in.class_weights());
     }},
    {"ce-zloss", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return add(run, cross_entropy(run, x, in.targets, in.mean_of_counted()),
                  z_loss(run, x, in.mean_of_counted(0.01f)));
     }},
    {"focal", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return focal(run, x, in.targets, in.mean_of_counted(), 2);
     }},
    {"distil-kl", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return distillation(run, x, in.tensor("teacher"), in.mean_of_counted(), 2);
     }},
    {"distil-mix", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return add(run, cross_entropy(run, x, in.targets, in.mean_of_counted(0.3f)),
                  distillation(run, x, in.tensor("teacher"), in.mean_of_counted(0.7f), 2));
     }},
    {"kl-forward", "logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return distillation(run, x, in.tensor("teacher"), mean_of(size_t(x.rows())));
     }},
};

const Loss kValueLosses[] = {
    {"bce", "bin_logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return binary_cross_entropy(run, x, in.floats("bin_targets"), mean_of(x.size()));
     }},
    {"bce-posweight", "bin_logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       const auto weight = [&](size_t column, bool positive) {
         return positive ? in.floats("pos_weight").at(column) : 1.0f;
       };
       return binary_cross_entropy(run, x, in.floats("bin_targets"), in.binary(weight));
     }},
    {"focal-binary", "bin_logits",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       const auto weight = [](size_t, bool positive) { return positive ? 0.25f : 0.75f; };
       return binary_focal(run, x, in.floats("bin_targets"), in.binary(weight), 2);
     }},
    {"mse", "pred",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return squared_error(run, x, in.floats("target"), mean_of(x.size()));
     }},
    {"l1", "pred",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return absolute_error(run, x, in.floats("target"), mean_of(x.size()));
     }},
    {"huber", "pred",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return huber(run, x, in.floats("target"), mean_of(x.size()), 0.7f);
     }},
    {"smooth-l1", "pred",
     [](Run& run, const LossInputs& in, const Tensor& x) {
       return huber(run, x, in.floats("target"), mean_of(x.size(), 1 / 0.5f), 0.5f);
     }},
    {"info-nce", "pred",
     [](Run& run, const LossInputs& in, const Tensor& x) { return contrastive(run, x, in.tensor("target"), 0.05f); }},
};

void compare(const Loss& loss, const LossInputs& inputs, const Lane& lane, const std::shared_ptr<Memory>& memory,
             Comparison& comparison) {
  const Batch none;
  Run run{lane, memory, none};
  const Tensor x = inputs.tensor(loss.input);
  Gradients gradients(memory);
  gradients.watch(x);
  Tape tape(gradients, memory, lane);
  run.tape = &tape;
  const Tensor found = loss.compute(run, inputs, x);
  comparison.floats(message(loss.name, ".loss"), found.values());
  tape.backward(found);
  comparison.floats(message(loss.name, ".grad"), gradients.of(x).values());
}

}  // namespace

void verify_losses(const std::filesystem::path& folder, const VerifyContext& context, Comparison& comparison) {
  const Goldens goldens = Goldens::load(folder);
  comparison.expect(goldens);
  const Lane lane(context.backend);
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  const LossInputs inputs(goldens, *memory);
  for (const Loss& loss : kClassLosses) compare(loss, inputs, lane, memory, comparison);
  for (const Loss& loss : kValueLosses) compare(loss, inputs, lane, memory, comparison);
}

}  // namespace graft::inline v0
