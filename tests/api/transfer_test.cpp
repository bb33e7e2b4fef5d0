// SPDX-License-Identifier: Apache-2.0
//
// What is learned from other than an example's own label: pseudo-labels, a teacher, pairs of texts.
#include <catch2/catch.hpp>
#include <cmath>

#include "api/model_state.hpp"
#include "api/small_tokenizer.hpp"
#include "graft/classification.hpp"
#include "graft/error.hpp"
#include "graft/self_training.hpp"
#include "graft/text_pairs.hpp"
#include "graft/trainer.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

Model load(const TemporaryFolder& folder, Head head) {
  LoadOptions options;
  options.device.threads = 2;
  options.precision = Precision::f32;
  options.tokenizer = write_tokenizer(folder.path(), bert_tokenizer());
  options.head = std::move(head);
  return Model::load(golden_path("models/bert-mlm"), options);
}

Dataset texts(std::vector<std::pair<std::string, std::string>> of) {
  std::vector<Example> examples;
  for (auto& [text, label] : of) {
    Example& example = examples.emplace_back(Example{.text = text});
    if (!label.empty()) example.labels = {label};
  }
  return Dataset::from(std::move(examples));
}

Dataset few() { return texts({{"the film was good", "praise"}, {"the film was bad", "blame"}}); }
Dataset rest() {
  return texts({{"a good book", ""}, {"a bad book", ""}, {"a good play", ""}, {"a bad play", ""}, {"very good", ""}});
}
Dataset held_out() { return texts({{"the play was good", "praise"}, {"the play was bad", "blame"}}); }

TrainOptions quick(int epochs = 40) {
  return {.epochs = epochs, .batch = 4, .learning_rate = 2e-3f, .schedule = Schedule::constant};
}

FitClassifier fit_with(const TemporaryFolder& folder) {
  return [&folder](const Dataset& train) {
    Model model = load(folder, Head::classify({"blame", "praise"}));
    Trainer(model, quick()).fit(train);
    return model;
  };
}

double cosine(const Model& model, const char* a, const char* b) {
  const std::vector<float> x = model.embed(a), y = model.embed(b);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += double(x[i]) * y[i];
  return sum;
}

}  // namespace

TEST_CASE("Self-training adds sure texts, as many of each label, and keeps what is no worse", "[api][train]") {
  const TemporaryFolder folder;
  const SelfTrained best = self_train(fit_with(folder), few(), rest(), held_out(), {.rounds = 1, .threshold = 0.6f});
  REQUIRE(best.rounds.size() == 2);
  CHECK((best.rounds[0].round == 0 && best.rounds[0].added.empty() && best.rounds[0].kept));
  CHECK(best.rounds[1].added[0] == std::pair<std::string, size_t>("blame", 2));
  CHECK(best.rounds[1].added[1] == std::pair<std::string, size_t>("praise", 2));
  CHECK(best.macro_f1 == 1);
  CHECK(best.model.classify("a good play")[0].label == "praise");
}

TEST_CASE("Self-training that makes held-out examples worse gives the model before", "[api][train]") {
  const TemporaryFolder folder;
  const FitClassifier sound = fit_with(folder);
  const FitClassifier spoilt = [&](const Dataset& train) {
    return train.size() == 2 ? sound(train) : load(folder, Head::classify({"blame", "praise"}));
  };
  const SelfTrained best = self_train(spoilt, few(), rest(), held_out(), {.rounds = 3, .threshold = 0.6f});
  REQUIRE(best.rounds.size() == 2);
  CHECK(!best.rounds[1].kept);
  CHECK(best.rounds[1].macro_f1 < 1);
  CHECK(best.macro_f1 == 1);
  CHECK(best.model.classify("a good play")[0].label == "praise");
  CHECK(self_train(sound, few(), rest(), held_out(), {.threshold = 1}).rounds.size() == 1);
  CHECK(refusal<ArgumentError>([&] { self_train(sound, few(), rest(), held_out(), {.threshold = 0}); }) ==
        "SelfTrainingOptions: threshold is 0, expected more than 0 and at most 1");
}

TEST_CASE("A classification report compares labels in any order", "[api]") {
  const std::vector<std::string> labels = {"blame", "praise"};
  const std::vector<std::vector<LabelScore>> found = {{{"praise", 0.9f}, {"blame", 0.1f}},
                                                      {{"praise", 0.8f}, {"blame", 0.2f}}};
  const ClassificationReport report = classification_report(held_out(), found, labels, {.samples = 0});
  CHECK(report.accuracy.value == 0.5);
  CHECK(report.confusion.at(0, 1) == 1);
  CHECK(report.confusion.at(1, 1) == 1);
  CHECK(refusal<ArgumentError>([&] { classification_report(rest().take(2), found, labels); }) ==
        "example 1: 0 labels, expected 1");
}

TEST_CASE("A student learns its teacher's distribution, not the labels", "[api][train]") {
  const TemporaryFolder folder;
  Model teacher = load(folder, Head::classify({"blame", "praise"}));
  Trainer(teacher, quick()).fit(few());
  Model student = load(folder, Head::classify({"blame", "praise"}));
  const Dataset wrong = texts({{"the film was good", "blame"}, {"the film was bad", "praise"}});
  TrainOptions options = quick(80);
  options.distillation = {.teacher = &teacher, .share = 1, .hidden = 0.1f};
  Trainer(student, options).fit(wrong);
  for (const char* text : {"the film was good", "the film was bad"}) {
    const LabelScore wanted = teacher.classify(text)[0], found = student.classify(text)[0];
    CHECK(found.label == wanted.label);
    CHECK(found.probability == Approx(wanted.probability).margin(0.05));
  }
  Model other = load(folder, Head::classify({"praise", "blame"}));
  CHECK(refusal<ArgumentError>([&] { Trainer(other, options).fit(wrong); }) ==
        "DistillationOptions: the teacher has other labels");
  options.distillation.teacher = &student;
  CHECK_THROWS_AS(Trainer(student, options).fit(wrong), ResourceError);
}

TEST_CASE("Hidden states that are apart from the teacher's cost what they are asked to", "[api][train]") {
  const TemporaryFolder folder;
  Model teacher = load(folder, Head::classify({"blame", "praise"}));
  Trainer(teacher, quick()).fit(few());
  const auto first_loss = [&](float hidden) {
    Model student = load(folder, Head::classify({"blame", "praise"}));
    TrainOptions options = quick(1);
    options.distillation = {.teacher = &teacher, .share = 0, .hidden = hidden};
    return Trainer(student, options).fit(few()).losses[0];
  };
  const float none = first_loss(0), once = first_loss(1) - none;
  CHECK(once > 0.01f);
  CHECK(once < 2);
  CHECK(first_loss(3) - none == Approx(3 * once).epsilon(1e-3));
}

TEST_CASE("Words are distilled, with a share of their own loss", "[api][train]") {
  const Model teacher = Model::load(golden_path("gguf/llama-q8_0.gguf"), {.precision = Precision::f32});
  const TemporaryFolder folder;
  teacher.save(folder.path(), "f32");
  Model student = Model::load(folder.path(), {.precision = Precision::f32});
  const Dataset data = Dataset::from(std::vector<Example>{{.text = "the kettle broke on the second day"}});
  TrainOptions options{.epochs = 1, .max_steps = 1, .batch = 1, .learning_rate = 1e-9f};
  const float own = Trainer(student, options).fit(data).losses[0];
  options.distillation = {.teacher = &teacher, .share = 0.25f};
  // The same network: its divergence is 0.
  CHECK(Trainer(student, options).fit(data).losses[0] == Approx(0.75 * own).epsilon(1e-4));
}

TEST_CASE("Pairs of texts draw embeddings together, and others apart", "[api][train]") {
  const TemporaryFolder folder;
  SECTION("each chooses its own among the batch") {
    Model model = load(folder, Head::embed());
    const Dataset pairs = Dataset::from(std::vector<Example>{
        {.text = "good", .second = "anna"}, {.text = "bad", .second = "rome"}, {.text = "red", .second = "walk"}});
    TrainOptions options = quick(60);
    options.contrastive.temperature = 0.1f;
    const TrainReport report = Trainer(model, options).fit(pairs);
    CHECK(report.losses.front() > 0.5f);
    CHECK(report.losses.back() < 0.1f * report.losses.front());
    CHECK(cosine(model, "good", "anna") > cosine(model, "good", "rome") + 0.3);
    CHECK(refusal<ArgumentError>([&] { Trainer(model, options).fit(rest()); }) ==
          "example 1: expected two texts, as text and second: the model is a BertModel, which embeds");
  }
  SECTION("cosines take the values of labels") {
    Model model = load(folder, Head::embed());
    const Dataset labelled =
        texts({{"a good film", "praise"}, {"very good", "praise"}, {"a bad film", "blame"}, {"very bad", "blame"}});
    const Dataset pairs = pairs_of_labels(labelled, 2);
    REQUIRE(pairs.size() == 16);
    for (size_t i = 0; i < pairs.size(); ++i) {
      const auto is_good = [](const std::string& text) { return text.find("good") != std::string::npos; };
      CHECK((is_good(pairs[i].text) == is_good(pairs[i].second)) == (pairs[i].values[0] == 1));
      CHECK(pairs[i].text != pairs[i].second);
    }
    Trainer(model, quick(20)).fit(pairs);
    CHECK(cosine(model, "a good film", "very good") > 0.8);
    CHECK(std::abs(cosine(model, "a good film", "very bad")) < 0.3);
  }
  CHECK(refusal<ArgumentError>([] {
          pairs_of_labels(texts({{"good", "praise"}, {"very good", "praise"}}));
        }) == "pairs_of_labels: found 1 labels of 2 texts, expected at least 2 labels, and one of them with 2 texts");
}

TEST_CASE("Only the last layers are trained", "[api][train]") {
  const TemporaryFolder folder;
  Model model = load(folder, Head::classify({"blame", "praise"}));
  const Model before = load(folder, Head::classify({"blame", "praise"}));
  TrainOptions options = quick(3);
  options.trained_layers = 1;
  Trainer(model, options).fit(few());
  const auto& old = before.state()->trunk->parameters.all();
  const auto& now = model.state()->trunk->parameters.all();
  REQUIRE(old.size() == now.size());
  const int layers = model.info().layers;
  const Lane lane(model.state()->trunk->backend);
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  for (size_t i = 0; i < old.size(); ++i) {
    const Tensor a = old[i].weight->values(lane, *memory), b = now[i].weight->values(lane, *memory);
    const bool is_same = std::equal(a.values().begin(), a.values().end(), b.values().begin());
    const bool is_last = now[i].module.starts_with(message("blocks.", layers - 1, "."));
    const bool is_head = now[i].module.starts_with("classifier");
    INFO(now[i].module);
    CHECK(is_same == !(is_last || is_head));
  }
  options.trained_layers = layers + 1;
  CHECK(refusal<ArgumentError>([&] { Trainer(model, options).fit(few()); }) ==
        message("TrainOptions: trained_layers is ", layers + 1, ", expected at most ", layers));
}

}  // namespace graft
