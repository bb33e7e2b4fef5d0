// SPDX-License-Identifier: Apache-2.0
#include "graft/active_selection.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "api/small_tokenizer.hpp"
#include "graft/augment.hpp"
#include "graft/model.hpp"
#include "support/message.hpp"

namespace graft {
namespace {

Dataset word_texts(const std::vector<std::string>& words) {
  std::vector<Example> examples;
  for (size_t i = 0; i + 1 < words.size(); ++i) examples.push_back({.text = words[i] + " " + words[i + 1]});
  return Dataset::from(std::move(examples));
}

}  // namespace

TEST_CASE("The texts of whose label a classifier is least sure come first", "[api]") {
  const TemporaryFolder folder;
  const Model model =
      Model::load(golden_path("models/bert-seqcls-3"),
                  {.precision = Precision::f32, .tokenizer = write_tokenizer(folder.path(), numbers_tokenizer())});
  std::vector<std::string> words;
  for (int i = 1; i < 40; ++i) words.push_back(message("t", i * 3));
  const Dataset texts = word_texts(words);
  const auto unsure = [&](size_t example, Uncertainty measure) {
    const std::vector<LabelScore> scores = model.classify(texts[example].text);
    if (measure == Uncertainty::margin) return double(scores[1].probability) - double(scores[0].probability);
    if (measure == Uncertainty::least_confident) return -double(scores[0].probability);
    double entropy = 0;
    for (const LabelScore& score : scores) entropy -= double(score.probability) * std::log(double(score.probability));
    return entropy;
  };
  std::vector<std::vector<size_t>> chosen;
  for (const Uncertainty measure : {Uncertainty::entropy, Uncertainty::margin, Uncertainty::least_confident}) {
    const std::vector<size_t> all = select_uncertain(model, texts, 100, {.measure = measure});
    REQUIRE(all.size() == texts.size());
    for (size_t i = 0; i + 1 < all.size(); ++i) CHECK(unsure(all[i], measure) >= unsure(all[i + 1], measure) - 1e-6);
    const std::vector<size_t> some = select_uncertain(model, texts, 5, {.measure = measure});
    CHECK(some == std::vector<size_t>(all.begin(), all.begin() + 5));
    chosen.push_back(all);
  }
  CHECK(chosen[0] != chosen[1]);
}

TEST_CASE("Back-masking replaces words by others that a model finds likely", "[api]") {
  const TemporaryFolder folder;
  const Model model =
      Model::load(golden_path("models/bert-mlm"),
                  {.precision = Precision::f32, .tokenizer = write_tokenizer(folder.path(), bert_tokenizer())});
  const TextChange change = back_mask(model, 0.5f);
  const std::string text = "the film was very good. anna saw a red book.";
  int changed = 0;
  for (uint64_t number = 0; number < 10; ++number) {
    const std::string other = change(text, number);
    CHECK(other == change(text, number));
    CHECK(other.find("[MASK]") == std::string::npos);
    CHECK(std::count(other.begin(), other.end(), ' ') == std::count(text.begin(), text.end(), ' '));
    CHECK(std::count(other.begin(), other.end(), '.') == 2);
    changed += other != text;
  }
  CHECK(changed >= 8);
  CHECK(change("1 2 3", 1) == "1 2 3");
}

}  // namespace graft
