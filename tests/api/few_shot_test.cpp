// SPDX-License-Identifier: Apache-2.0
#include "graft/few_shot.hpp"

#include <catch2/catch.hpp>

#include "api/tiny_model.hpp"
#include "graft/error.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

Dataset shots() {
  return Dataset::from(
      std::vector<Example>{{.text = "a good book", .labels = {"praise"}}, {.text = "a bad book", .labels = {"blame"}}});
}

}  // namespace

TEST_CASE("A few-shot prompt holds the instruction, the examples and the text", "[api][tasks]") {
  const FewShotClassifier classifier(
      tiny_model(), {"blame", "praise"},
      {.instruction = "Judge.", .form = "<{text}> is {label}.", .separator = "\n", .examples = shots()});
  CHECK(classifier.prompt("a play") == "Judge.\n<a good book> is praise.\n<a bad book> is blame.\n<a play> is");
}

TEST_CASE("A few-shot classifier gives the calibrated shares of its labels", "[api][tasks]") {
  const Model model = tiny_model();
  const std::vector<std::string> labels = {"blame", "praise"}, written = {" blame", " praise"}, nothing = {"N/A", ""};
  for (const bool is_calibrated : {false, true}) {
    FewShotOptions options{.examples = shots(), .content_free = nothing};
    if (!is_calibrated) options.content_free.clear();
    const FewShotClassifier classifier(model, labels, options);
    ScoreOptions scoring;
    const std::vector<std::string> prompts = {classifier.prompt("N/A"), classifier.prompt("")};
    if (is_calibrated) scoring.prior = model.prior(prompts, written);
    const std::vector<Scored> scored = model.score(classifier.prompt("a play"), written, scoring);
    const std::vector<LabelScore> found = classifier.classify("a play");
    REQUIRE(found.size() == 2);
    CHECK(found[0].probability >= found[1].probability);
    for (const LabelScore& label : found)
      CHECK(label.probability == Approx(scored[label.label == "praise"].probability).epsilon(1e-5));
  }
}

TEST_CASE("What no few-shot prompt can be made of is refused", "[api][tasks]") {
  const Model model = tiny_model();
  const std::vector<std::string> labels = {"blame", "praise"};
  CHECK(refusal<ArgumentError>([&] { FewShotClassifier(model, labels, {.form = "{label}: {text}"}); }) ==
        "FewShotOptions: form is \"{label}: {text}\", expected {text} and then {label}");
  CHECK(refusal<ArgumentError>([&] { FewShotClassifier(model, {"blame"}); }) ==
        "FewShotClassifier: 1 labels, expected at least 2");
  CHECK(refusal<ArgumentError>([&] {
          FewShotClassifier(model, {"blame", "doubt"}, {.examples = shots()});
        }) == "example 1: label \"praise\" is none of the classifier's");
}

}  // namespace graft
