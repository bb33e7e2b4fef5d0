// SPDX-License-Identifier: Apache-2.0
//
// Ranks that train together, here threads of one process: on a GPU their sums are NCCL's, else those of the host.
#include "graft/group.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <exception>
#include <functional>
#include <thread>

#include "api/tiny_model.hpp"
#include "graft/adalora_adapter.hpp"
#include "graft/trainer.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

constexpr int kRanks = 3;

Dataset sums() {
  std::vector<Example> examples;
  for (int i = 0; i < 11; ++i)
    examples.push_back(
        {.prompt = std::string(size_t(i % 4), 'a') + "What is " + std::to_string(i) + "?", .completion = " It is."});
  return Dataset::from(std::move(examples));
}

// Adam would make large steps of what is rounding, and so would products in bf16.
const TrainOptions kOptions{
    .epochs = 3, .batch = 5, .learning_rate = 0.1f, .optimizer = SGD{.momentum = 0.9f}, .precision = Precision::f32};

bool is_on_gpu() {
  const char* kernels = std::getenv("GRAFT_KERNELS");
  return kernels && std::string(kernels).starts_with("cuda");
}

// The group of the rank that trains a model.
using GroupOf = std::function<std::shared_ptr<Group>(const Model& model)>;

std::shared_ptr<Group> alone_group(const Model&) { return nullptr; }

// body(rank, group_of) on a thread for each rank; what each of them threw.
std::vector<std::string> on_ranks(const std::function<void(int, const GroupOf&)>& body) {
  const GroupKey key = is_on_gpu() ? make_gpu_group_key() : GroupKey();
  std::vector<std::shared_ptr<Group>> groups = thread_group(kRanks);
  std::vector<std::string> errors(kRanks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < kRanks; ++rank)
    threads.emplace_back([&, rank] {
      try {
        body(rank, [&](const Model& model) {
          return is_on_gpu() ? gpu_group(model, key, rank, kRanks) : std::move(groups[size_t(rank)]);
        });
      } catch (const std::exception& error) {
        errors[size_t(rank)] = error.what();
      }
    });
  for (std::thread& thread : threads) thread.join();
  return errors;
}

void check_well(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) CHECK(error == "");
}

using MakeAdapter = std::function<std::unique_ptr<Adapter>(const Model&)>;

struct Trained {
  TrainReport report;
  std::vector<float> logits;
};

Trained train(const MakeAdapter& make, TrainOptions options, const GroupOf& group_of,
              const Dataset* held_out = nullptr) {
  Model model = tiny_model();
  options.group = group_of(model);
  const std::unique_ptr<Adapter> adapter = make ? make(model) : nullptr;
  const Dataset data = sums();
  Trainer trainer = adapter ? Trainer(model, *adapter, options) : Trainer(model, options);
  Trained trained{held_out ? trainer.fit(data, *held_out) : trainer.fit(data), {}};
  const std::vector<int32_t> ids = model.tokenizer().encode("What is 3?");
  trained.logits = adapter ? model.next_logits(ids, adapter.get()) : model.next_logits(ids);
  return trained;
}

std::unique_ptr<Adapter> lora(const Model& model) {
  return std::make_unique<LoRAAdapter>(model, LoRAOptions{.rank = 4, .seed = 1});
}

std::unique_ptr<Adapter> adalora(const Model& model) {
  return std::make_unique<AdaLoRAAdapter>(model, AdaLoRAOptions{.initial_rank = 6, .target_rank = 3, .seed = 1});
}

void check_near(const std::vector<float>& found, const std::vector<float>& wanted, float tolerance) {
  REQUIRE(found.size() == wanted.size());
  for (size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(wanted[i]).margin(tolerance));
}

}  // namespace

TEST_CASE("Ranks together take the steps that one alone would take", "[api][train][group]") {
  const MakeAdapter make = GENERATE(MakeAdapter(lora), MakeAdapter(adalora), MakeAdapter());
  const Dataset held_out = sums().take(4);
  const Trained alone = train(make, kOptions, alone_group, &held_out);
  std::vector<Trained> together(kRanks);
  check_well(on_ranks(
      [&](int rank, const GroupOf& group_of) { together[size_t(rank)] = train(make, kOptions, group_of, &held_out); }));
  for (const Trained& one : together) {
    CHECK(one.logits == together[0].logits);  // the same bits
    CHECK(one.report.losses == together[0].report.losses);
    check_near(one.report.losses, alone.report.losses, 1e-4f);
    check_near(one.logits, alone.logits, 1e-3f);
    CHECK(one.report.tokens == alone.report.tokens);
    CHECK(one.report.trained_tokens == alone.report.trained_tokens);
    REQUIRE(one.report.evaluations.size() == alone.report.evaluations.size());
    CHECK(one.report.evaluations.back().loss == Approx(alone.report.evaluations.back().loss).margin(1e-4));
  }
}

TEST_CASE("Preferences are learned together", "[api][train][group]") {
  const auto fit = [](const GroupOf& group_of) {
    const Model model = tiny_model();
    LoRAAdapter adapter(model, {.rank = 4, .seed = 1});
    std::vector<Example> examples;
    for (int i = 0; i < 5; ++i)
      examples.push_back({.prompt = "What is " + std::to_string(i) + "?", .chosen = " It is.", .rejected = " No."});
    TrainOptions options = kOptions;
    options.preference.loss = PreferenceLoss::dpo;
    options.group = group_of(model);
    return Trainer(model, adapter, options).fit(Dataset::from(std::move(examples)));
  };
  const TrainReport alone = fit(alone_group);
  check_well(on_ranks([&](int, const GroupOf& group_of) {
    const TrainReport report = fit(group_of);
    if (report.losses.size() != alone.losses.size()) throw std::runtime_error("other steps");
    for (size_t i = 0; i < report.losses.size(); ++i)
      if (std::abs(report.losses[i] - alone.losses[i]) > 1e-4f) throw std::runtime_error("other losses");
  }));
}

TEST_CASE("The first rank writes, and all resume", "[api][train][group]") {
  const TemporaryFolder folder;
  const auto fit = [&](int rank, const GroupOf& group_of, int stop_after) {
    TrainOptions options = kOptions;
    std::stop_source source;
    options.checkpoints = folder.path() / "checkpoints";
    options.save_to = folder.path() / "saved";
    options.cancel = source.get_token();
    options.on_step = [&](const StepInfo& step) {  // one of them says so, all of them stop
      if (rank == 1 && step.step == stop_after) source.request_stop();
    };
    return train(lora, options, group_of);
  };
  std::vector<Trained> whole(kRanks), broken(kRanks), resumed(kRanks);
  check_well(
      on_ranks([&](int rank, const GroupOf& group_of) { whole[size_t(rank)] = train(lora, kOptions, group_of); }));
  check_well(on_ranks([&](int rank, const GroupOf& group_of) { broken[size_t(rank)] = fit(rank, group_of, 4); }));
  for (const Trained& one : broken) {
    CHECK(one.report.cancelled);
    CHECK(one.report.steps == 4);
  }
  check_well(on_ranks([&](int rank, const GroupOf& group_of) { resumed[size_t(rank)] = fit(rank, group_of, 0); }));
  for (const Trained& one : resumed) CHECK(one.logits == whole[0].logits);
  CHECK(std::filesystem::exists(folder.path() / "saved" / "adapter_config.json"));
}

TEST_CASE("Ranks that differ are refused, and one that fails does not leave the others waiting",
          "[api][train][group]") {
  const std::vector<std::string> other_seed = on_ranks([](int rank, const GroupOf& group_of) {
    TrainOptions options = kOptions;
    options.seed = rank == 2;
    train(lora, options, group_of);
  });
  for (const std::string& error : other_seed)
    CHECK(error == "TrainOptions: group: its ranks do not begin with the same options, data, values and checkpoint");

  const std::vector<std::string> failed = on_ranks([](int rank, const GroupOf& group_of) {
    TrainOptions options = kOptions;
    options.on_step = [rank](const StepInfo& step) {
      if (rank == 1 && step.step == 2) throw std::runtime_error("the host has had enough");
    };
    train(lora, options, group_of);
  });
  CHECK(failed[1] == "the host has had enough");
  for (const int rank : {0, 2}) CHECK(failed[size_t(rank)].find("another rank has left") != std::string::npos);
}

TEST_CASE("A group has ranks, and is for transformers", "[api][train][group]") {
  CHECK(refusal<ArgumentError>([] { thread_group(0); }) == "thread_group: 0 ranks, expected at least 1");
  const Model model = tiny_model();
  CHECK(refusal<ArgumentError>([&] { gpu_group(model, {}, 2, 2); }) == "gpu_group: rank 2 of 2, expected 0 to 1");
  if (!is_on_gpu())
    CHECK(refusal<UnsupportedError>([&] { gpu_group(model, {}, 0, 2); }) ==
          "gpu_group: the model is on the CPU, expected one on a GPU");
}

}  // namespace graft
