// SPDX-License-Identifier: Apache-2.0
//
// A pretrained network gets another head, which is trained on a handful of labelled texts.
#include <catch2/catch.hpp>

#include "api/model_state.hpp"
#include "api/small_tokenizer.hpp"
#include "graft/error.hpp"
#include "graft/lora_adapter.hpp"
#include "graft/trainer.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

LoadOptions with(std::optional<Head> head, const std::filesystem::path& tokenizer) {
  LoadOptions options;
  options.device.threads = 2;
  options.precision = Precision::f32;
  options.tokenizer = tokenizer;
  options.head = std::move(head);
  return options;
}

struct WithHead {
  explicit WithHead(std::optional<Head> head, const std::string& name = "bert-mlm")
      : model(Model::load(golden_path("models/" + name),
                          with(std::move(head), write_tokenizer(folder.path(), bert_tokenizer())))) {}
  TemporaryFolder folder;
  Model model;
};

Example labelled(const std::string& text, std::vector<std::string> labels) {
  return {.text = text, .labels = std::move(labels)};
}

TrainOptions quick(int epochs = 30) {
  return {.epochs = epochs, .batch = 4, .learning_rate = 2e-3f, .schedule = Schedule::constant};
}

Dataset reviews() {
  return Dataset::from(std::vector<Example>{labelled("the film was good", {"praise"}),
                                            labelled("the film was bad", {"blame"}),
                                            labelled("a good book", {"praise"}), labelled("a bad book", {"blame"})});
}

}  // namespace

TEST_CASE("A classifier on a pretrained network learns to tell two words", "[api][train]") {
  const std::string name = GENERATE("bert-mlm", "llama-gqa", "distilbert-seqcls", "roberta-mlm");
  WithHead of(Head::classify({"praise", "blame"}), name);
  CHECK(of.model.info().labels == std::vector<std::string>{"praise", "blame"});
  const TrainReport report = Trainer(of.model, quick()).fit(reviews());
  CHECK(report.losses.back() < 0.3f * report.losses.front());
  CHECK(of.model.classify("the play was good")[0].label == "praise");
  CHECK(of.model.classify("the play was bad")[0].label == "blame");
  CHECK(of.model.classify("a good book")[0].probability > 0.8f);

  const TemporaryFolder saved;
  of.model.save(saved.path(), "f32");
  const Model again = Model::load(saved.path(), {.precision = Precision::f32});
  CHECK(again.info().labels == of.model.info().labels);
  CHECK(again.classify("a good book")[0].probability == of.model.classify("a good book")[0].probability);
}

TEST_CASE("An adapter has a new head of its own, and takes it along", "[api][train]") {
  const WithHead of(Head::classify({"praise", "blame"}));
  LoRAAdapter adapter(of.model, {.rank = 8, .alpha = 32, .seed = 1});
  const float before = of.model.classify("a good book")[0].probability;
  Trainer(of.model, adapter, quick(60)).fit(reviews());
  CHECK(of.model.classify("a good book", {.adapter = &adapter})[0].label == "praise");
  CHECK(of.model.classify("a bad book", {.adapter = &adapter})[0].label == "blame");
  CHECK(of.model.classify("a good book")[0].probability == before);

  const TemporaryFolder saved;
  adapter.save(saved.path());
  LoadOptions options = with(Head::classify({"praise", "blame"}), of.folder.path());
  options.seed = 99;
  const Model again = Model::load(golden_path("models/bert-mlm"), options);
  const Adapter loaded = Adapter::load(saved.path(), again);
  CHECK(again.classify("a good book", {.adapter = &loaded})[0].probability ==
        of.model.classify("a good book", {.adapter = &adapter})[0].probability);
}

TEST_CASE("BitFit trains the biases and a new head, and nothing else", "[api][train]") {
  const WithHead of(Head::classify({"praise", "blame"}));
  Model model = of.model;
  const auto values_of_weight = [&](const std::string& name) {
    const Trunk& trunk = *model.state()->trunk;
    const Tensor values = trunk.parameters.find(name)->values(Lane(trunk.backend), *trunk.memory);
    return std::vector<float>(values.values().begin(), values.values().end());
  };
  const std::string query = "bert.encoder.layer.0.attention.self.query";
  const std::vector<float> weight = values_of_weight(query + ".weight"), bias = values_of_weight(query + ".bias"),
                           head = values_of_weight("classifier.weight");
  TrainOptions options = quick();
  options.trained = {".*bias"};
  const TrainReport report = Trainer(model, options).fit(reviews());
  CHECK(report.losses.back() < 0.5f * report.losses.front());
  CHECK(values_of_weight(query + ".weight") == weight);
  CHECK(values_of_weight(query + ".bias") != bias);
  CHECK(values_of_weight("classifier.weight") != head);
}

TEST_CASE("Several labels, numbers, pairs, tags and answers are learned", "[api][train]") {
  SECTION("several labels") {
    WithHead of(Head::multi_label({"film", "praise"}));
    Trainer(of.model, quick(60))
        .fit(Dataset::from(std::vector<Example>{labelled("good film", {"film", "praise"}),
                                                labelled("bad film", {"film"}), labelled("good book", {"praise"}),
                                                labelled("bad book", {})}));
    for (const LabelScore& label : of.model.classify("good film")) CHECK(label.probability > 0.7f);
    for (const LabelScore& label : of.model.classify("bad book")) CHECK(label.probability < 0.3f);
  }
  SECTION("numbers of pairs") {
    WithHead of(Head::regress());
    Trainer(of.model, quick(80))
        .fit(Dataset::from(std::vector<Example>{{.text = "good", .second = "film", .values = {2.0f}},
                                                {.text = "bad", .second = "film", .values = {-1.0f}}}));
    CHECK(of.model.classify("good", {.second = "film"})[0].probability == Approx(2).margin(0.3));
    CHECK(of.model.classify("bad", {.second = "film"})[0].probability == Approx(-1).margin(0.3));
  }
  SECTION("tags") {
    WithHead of(Head::tag({"O", "B-place", "I-place", "B-person", "I-person"}));
    Trainer(of.model, quick(60))
        .fit(Dataset::from(
            std::vector<Example>{{.text = "anna lives in rome", .spans = {{0, 4, "person"}, {14, 18, "place"}}},
                                 {.text = "bob saw red rome", .spans = {{0, 3, "person"}, {8, 16, "place"}}}}));
    const std::vector<TaggedSpan> found = of.model.tag("bob saw red rome");
    REQUIRE(found.size() == 2);
    CHECK((found[0].label == "person" && found[0].text == "bob"));
    CHECK((found[1].label == "place" && found[1].text == "red rome"));
  }
  SECTION("answers, and none") {
    WithHead of(Head::answer());
    Trainer(of.model, quick(80))
        .fit(Dataset::from(
            std::vector<Example>{{.text = "who lives", .second = "anna lives in rome", .spans = {{0, 4, "answer"}}},
                                 {.text = "who saw", .second = "the film bob saw", .spans = {{9, 12, "answer"}}},
                                 {.text = "who walked", .second = "a red book"}}));
    CHECK(of.model.answer("who lives", "anna lives in rome").text == "anna");
    CHECK(of.model.answer("who saw", "the film bob saw").text == "bob");
    const Answer none = of.model.answer("who walked", "a red book");
    CHECK((none.text.empty() && none.score < 0));
  }
}

TEST_CASE("A head that is not to be had, or a label that it lacks, is refused by name", "[api]") {
  CHECK(refusal<UnsupportedError>([] {
          WithHead(Head::tag({"O", "X"}), "t5");
        }) == "unsupported: a head of this kind on the family t5");
  CHECK(refusal<ArgumentError>([] { WithHead(Head::classify({})); }) ==
        "Head: labels is empty, expected the names of the classes");
  CHECK(refusal<ArgumentError>([] { WithHead(Head::classify({"a", "a"})); }) == "Head: labels: \"a\" comes twice");
  WithHead of(Head::classify({"praise", "blame"}));
  const auto fit = [&](Example example) {
    return refusal<ArgumentError>([&] { Trainer(of.model, quick()).fit(Dataset::from(std::vector{example})); });
  };
  CHECK(fit(labelled("a book", {"prise"})) == "example 1: label \"prise\", expected one of praise, blame");
  CHECK(fit(labelled("a book", {"praise", "blame"})) == "example 1: 2 labels, expected 1");
  CHECK(fit(labelled("a book", {})) == "example 1: 0 labels, expected 1");
}

TEST_CASE("A fresh head is the same for the same seed", "[api]") {
  const WithHead one(Head::classify({"a", "b"})), two(Head::classify({"a", "b"}));
  CHECK(one.model.classify("good")[0].probability == two.model.classify("good")[0].probability);
}

}  // namespace graft
