// SPDX-License-Identifier: Apache-2.0
#include "graft/table_model.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "api/table_model_state.hpp"
#include "graft/error.hpp"
#include "graft/trainer.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"
#include "support/tested_kernels.hpp"

namespace graft {
namespace {

using enum Nonlinearity;

// Weights that a few lines of PyTorch can repeat.
void fill(const TableModel& model) {
  TableModel::State& state = *model.state();
  const Lane lane(state.backend);
  float place = 0;
  for (const auto& [module, weight] : state.parameters.all()) {
    weight->thaw(lane, state.memory, true);
    const std::span<float> values = weight->parameter().values();
    for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(float(i) + 1 + place) / 2;
    weight->freeze(lane, state.memory);
    ++place;
  }
}

std::vector<float> values_of(const TableModel& model) {
  std::vector<float> all;
  const Lane lane(model.state()->backend);
  for (const auto& [module, weight] : model.state()->parameters.all()) {
    const Tensor values = weight->values(lane, *model.state()->memory);
    all.insert(all.end(), values.values().begin(), values.values().end());
  }
  return all;
}

constexpr size_t kRows = 20, kFeatures = 6;

TableFeatures features() {
  TableFeatures rows{.rows = kRows, .cols = kFeatures};
  for (size_t i = 0; i < kRows * kFeatures; ++i) rows.values.push_back(float(std::cos(1.7 * double(i))));
  for (size_t i = 0; i < kRows; ++i) rows.numbers.push_back(float(std::sin(double(i)) * 3));
  return rows;
}

TableFeatures two_classes() {
  TableFeatures rows = features();
  for (size_t i = 0; i < kRows; ++i) rows.classes.push_back(i * i % 3 == 1);
  return rows;
}

TableFeatures three_classes() {
  TableFeatures rows = features();
  for (size_t i = 0; i < kRows; ++i) rows.classes.push_back(i % 2 ? int32_t((i * i + i) % 3) : 1);
  return rows;
}

// Adam at a constant rate, as the reference has it.
TrainOptions plain_adam() {
  TrainOptions options{.epochs = 3, .batch = 8, .learning_rate = 0.01f, .schedule = Schedule::constant};
  options.warmup_ratio = 0;
  options.optimizer = Adam{};
  options.max_gradient_norm = 0;
  options.shuffle = false;
  return options;
}

double largest_difference(const std::vector<double>& expected, const std::vector<float>& found) {
  double worst = expected.size() == found.size() ? 0 : 1;
  for (size_t i = 0; i < found.size(); ++i) worst = std::max(worst, std::abs(expected[i] - double(found[i])));
  return worst;
}

// Applicants who are approved when income less debts is large, with some doubt; some do not tell their income.
Table applicants() {
  const std::vector<std::string> names = {"income", "debts", "job", "approved"};
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 200; ++i) {
    const int income = i * 37 % 101, debts = i * 53 % 89;
    const bool is_approved = income - debts + (i % 7) * 5 > 20;
    rows.push_back({i % 11 == 0 ? "" : std::to_string(income), std::to_string(debts), i % 3 ? "clerk" : "smith",
                    is_approved ? "yes" : "no"});
  }
  return Table::from(names, rows, {.target = "approved"});
}

const std::vector<Layer> kScorer = {Dense{32, relu}, BatchNorm{}, Dropout{0.3f}, Dense{1, sigmoid}};

}  // namespace

// The figures are those of torch.nn.Sequential(Linear(6, 16), ReLU, Linear) in double with torch.optim.Adam, with the
// same values and rows.
TEST_CASE("Training a table model follows PyTorch's Adam step by step", "[api][train]") {
  TrainOptions options = plain_adam();
  const auto follows = [&](const Dense& last, const TableFeatures& rows, const std::vector<double>& losses) {
    for (const std::string& table : tested_kernels()) {
      INFO(table);
      TableModel model =
          TableModel::sequential(int(kFeatures), {Dense{16, relu}, last}, {.device = {.kernels = table}});
      fill(model);
      CHECK(largest_difference(losses, Trainer(model, options).fit(rows).losses) < 1e-5);
    }
  };
  SECTION("binary")
  follows(Dense{1, sigmoid}, two_classes(),
          {0.5744767, 0.7935384, 0.9150271, 0.5330710, 0.7594738, 0.8546375, 0.5433448, 0.7287033, 0.7934968});
  SECTION("weighted classes") {
    options.table.class_weights = {1, 2, 0.5f};
    follows(Dense{3, softmax}, three_classes(),
            {1.3093585, 1.1550906, 1.1232047, 0.9844425, 0.9112466, 0.8238961, 0.8153616, 0.7995079, 0.6661309});
  }
  SECTION("squared error")
  follows(Dense{1}, features(),
          {4.0539647, 5.1300127, 4.1966633, 3.8425531, 5.0024358, 3.7367771, 3.8569009, 4.9570626, 3.3079871});
  SECTION("Huber") {
    options.table.huber_delta = 0.7f;
    follows(Dense{1}, features(),
            {0.9794270, 1.2342098, 1.0232787, 0.9363047, 1.2171211, 0.9889373, 0.9330965, 1.2115729, 0.9469901});
  }
}

TEST_CASE("A table model learns a table, is saved and loads again", "[api][train]") {
  const auto [train, held_out] = applicants().split(0.7, {.by = SplitBy::target});
  TableModel model = TableModel::sequential(train, kScorer);
  CHECK(model.features() == int(model.encoding().features().size()));
  CHECK(model.outputs() == 1);
  TrainOptions options{.epochs = 30, .batch = 20, .learning_rate = 0.01f};
  const TemporaryFolder folder;
  options.save_to = folder.path() / "model";
  Trainer trainer(model, options);
  const float before = trainer.evaluate(held_out).loss;
  const TrainReport report = trainer.fit(train, held_out);
  CHECK(report.best.loss < before - 0.2f);
  CHECK(report.trained_tokens == int64_t(30 * train.rows()));
  CHECK(trainer.evaluate(held_out).loss == Approx(report.best.loss));
  const ClassificationReport figures = model.classification(held_out);
  CHECK(figures.roc_auc.value > 0.9);
  CHECK(figures.log_loss.value == Approx(report.best.loss).epsilon(1e-3));

  const TableModel loaded = TableModel::load(options.save_to);
  CHECK(loaded.predict(held_out) == model.predict(held_out));
  CHECK(loaded.encoding().json() == model.encoding().json());
  const Table unlabelled =
      Table::from(std::vector<std::string>{"debts", "job", "income"},
                  std::vector<std::vector<std::string>>{{"1", "clerk", "99"}, {"80", "smith", "5"}},
                  loaded.encoding().reading(false));
  const std::vector<float> probabilities = loaded.predict(unlabelled);
  REQUIRE(probabilities.size() == 2);
  CHECK(probabilities[0] > 0.5f);
  CHECK(probabilities[1] < 0.5f);
}

TEST_CASE("A run on a table goes on from its checkpoint to the same bits, for any number of threads", "[api][train]") {
  const auto [train, held_out] = applicants().split(0.7);
  const auto run = [&](int threads, const std::filesystem::path& checkpoints, int stop_after) {
    TableModel model = TableModel::sequential(train, kScorer, {.device = {.threads = threads}});
    std::stop_source source;
    TrainOptions options{.epochs = 4, .batch = 32, .learning_rate = 0.01f};
    options.evaluate_every = 3;
    options.checkpoints = checkpoints;
    options.checkpoint_every = 2;
    options.cancel = source.get_token();
    options.on_step = [&](const StepInfo& step) {
      if (step.step == stop_after) source.request_stop();
    };
    const TrainReport report = Trainer(model, options).fit(train, held_out);
    CHECK(report.cancelled == (stop_after > 0));
    return values_of(model);
  };
  const std::vector<float> undisturbed = run(1, {}, 0);
  CHECK(run(2, {}, 0) == undisturbed);
  for (const int stop : {1, 7, 11}) {
    const TemporaryFolder folder;
    run(2, folder.path(), stop);
    CHECK(run(2, folder.path(), 0) == undisturbed);
  }
}

TEST_CASE("A model of the host's own rows is saved without an encoding", "[api]") {
  const TemporaryFolder folder;
  const TableModel model = TableModel::sequential(int(kFeatures), {Dense{3, softmax}}, {.seed = 5});
  model.save(folder.path());
  const TableModel loaded = TableModel::load(folder.path());
  CHECK(loaded.predict(features().values) == model.predict(features().values));
  CHECK(refusal<ArgumentError>([&] { loaded.encoding(); }) == "encoding: this model was made without a table");
  CHECK(refusal<ArgumentError>([&] { loaded.predict(applicants()); }) ==
        "this model reads rows of floats: it was made without a table");
  CHECK(refusal<ArgumentError>([&] { loaded.predict(std::vector<float>(7)); }) ==
        "rows of features: 7 values, expected a multiple of 6");
}

TEST_CASE("A damaged folder of a table model is refused by name", "[api]") {
  const TemporaryFolder folder;
  const auto said = [&] { return refusal([&] { TableModel::load(folder.path()); }); };
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  TableModel::sequential(applicants(), kScorer).save(folder.path());
  SECTION("weights of another shape") {
    TableModel::sequential(4, {Dense{31, relu}, BatchNorm{}, Dropout{}, Dense{1, sigmoid}})
        .save(folder.path() / "other");
    std::filesystem::rename(folder.path() / "other" / "model.safetensors", folder.path() / "model.safetensors");
    CHECK(said() ==
          path("model.safetensors") + ": \"layers.0.weight\" has another shape or type than config.json says");
  }
  SECTION("an encoding of other columns") {
    TableEncoding::fit(Table::from(std::vector<std::string>{"x"}, std::vector<std::vector<std::string>>{{"1"}}))
        .save(folder.path() / "table.json");
    CHECK(said() == path("table.json") + ": has 1 features, but config.json 5");
  }
  SECTION("another kind of model") {
    folder.file("config.json", R"({"model_type": "llama"})");
    CHECK(said() == path("config.json") + ": \"model_type\" is \"llama\", expected graft_sequential");
  }
}

TEST_CASE("Networks and rows that do not fit their target are refused", "[api]") {
  const Table table = applicants();
  const auto made = [&](const Dense& last) {
    return refusal<ArgumentError>([&] { TableModel::sequential(table, {last}); });
  };
  CHECK(made(Dense{1}) ==
        "target \"approved\" has 2 classes, expected 2 outputs of softmax at the end, or 1 of sigmoid");
  CHECK(made(Dense{2, sigmoid}) ==
        "target \"approved\" has 2 classes and the network 2 outputs of sigmoid, expected 2 classes and 1 output");
  CHECK(made(Dense{2, softmax}) == "(nothing)");

  TableModel model = TableModel::sequential(int(kFeatures), {Dense{8, relu}, Dense{1, sigmoid}});
  const auto fitted = [&](const TableFeatures& rows, const TrainOptions& options = {}) {
    return refusal<ArgumentError>([&] { Trainer(model, options).fit(rows); });
  };
  CHECK(fitted(features()) == "training: 20 rows have 0 classes to learn, expected 20");
  CHECK(fitted(three_classes()) == "row 2: its class is 2, expected 0 to 1");
  TableFeatures rows = two_classes();
  rows.values[13] = NAN;
  CHECK(fitted(rows) == "row 3: feature 2 is not a finite number");
  TrainOptions options;
  options.table.class_weights = {1, 1, 1};
  CHECK(fitted(two_classes(), options) == "TrainOptions: table.class_weights has 3 weights, expected 2");
  CHECK(refusal<ArgumentError>([&] { Trainer(model).fit(Dataset::from(std::vector<Example>{{.text = "a"}})); }) ==
        "Trainer: a TableModel learns from tables, not from a Dataset");
  TableModel normed = TableModel::sequential(int(kFeatures), {BatchNorm{}, Dense{1, sigmoid}});
  CHECK(refusal<ArgumentError>([&] {
          Trainer(normed, {.batch = 19}).fit(two_classes());
        }).starts_with("TrainOptions: batch is 19, so that the last of 20 rows is alone"));
}

TEST_CASE("A table model that is being trained is busy", "[api]") {
  TableModel model = TableModel::sequential(int(kFeatures), {Dense{1, sigmoid}});
  int refused = 0;
  TrainOptions options{.max_steps = 1};
  options.on_step = [&](const StepInfo&) {
    refused += refusal<ResourceError>([&] { model.predict(features().values); }).find("busy") != std::string::npos;
    refused += refusal<ResourceError>([&] { Trainer(model).fit(two_classes()); }).find("busy") != std::string::npos;
  };
  Trainer(model, options).fit(two_classes());
  CHECK(refused == 2);
  CHECK(model.predict(features().values).size() == kRows);
}

TEST_CASE("A batch norm's running moments are taken back with a step that is not finite", "[api][tables]") {
  TableModel model = TableModel::sequential(int(kFeatures), {Dense{4, relu}, BatchNorm{}, Dense{1, sigmoid}});
  const auto bias = [&]() -> float& {
    return model.state()->parameters.find("layers.0.bias")->parameter().values()[0];
  };
  float sound = 0;
  TrainOptions options{.epochs = 2, .batch = 10};
  options.on_step = [&](const StepInfo& step) {
    sound = bias();
    if (step.step == 2) bias() = INFINITY;
  };
  options.on_not_finite = [&](const std::string&) {
    bias() = sound;
    return true;
  };
  CHECK(Trainer(model, options).fit(two_classes()).left_out_steps == 1);
  for (const float value : values_of(model)) CHECK(std::isfinite(value));
}

}  // namespace graft
