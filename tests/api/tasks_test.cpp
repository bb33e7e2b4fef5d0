// SPDX-License-Identifier: Apache-2.0
//
// What models with other heads give, beside the reference outputs of their networks.
#include "graft/tasks.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numeric>

#include "api/small_tokenizer.hpp"
#include "graft/error.hpp"
#include "graft/model.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

// A golden's model that reads "t17" as its token 17.
struct Read {
  explicit Read(const std::string& name)
      : goldens(load_golden("models/" + name)),
        texts(golden_texts(goldens)),
        model(Model::load(golden_path("models/" + name),
                          {.device = {.threads = 2},
                           .precision = Precision::f32,
                           .tokenizer = write_tokenizer(folder.path(), numbers_tokenizer())})) {}

  std::vector<float> row(const std::string& tensor, size_t index, size_t width) const {
    const std::vector<float>& values = goldens.at(tensor).floats;
    return {values.begin() + std::ptrdiff_t(index * width), values.begin() + std::ptrdiff_t((index + 1) * width)};
  }
  // The text of a golden sequence as the pair that its token types make of it.
  std::pair<std::string, std::string> pair(size_t index) const {
    const std::vector<int64_t>&ids = goldens.integers("ids"), &types = goldens.integers("token_types"),
          &offsets = goldens.integers("offsets");
    std::vector<int64_t> parts[2];
    for (auto i = size_t(offsets[index]); i < size_t(offsets[index + 1]); ++i) parts[types[i]].push_back(ids[i]);
    return {text_of(parts[0]), text_of(parts[1])};
  }

  TemporaryFolder folder;
  Goldens goldens;
  std::vector<std::string> texts;
  Model model;
};

std::vector<float> softmax(std::vector<float> values) {
  double sum = 0;
  for (float& value : values) sum += value = std::exp(value);
  for (float& value : values) value = float(value / sum);
  return values;
}

}  // namespace

TEST_CASE("A classifier's labels have the probabilities of its scores, the likeliest first", "[api][tasks]") {
  const Read read("bert-seqcls-3");
  CHECK(read.model.info().labels == std::vector<std::string>{"negative", "neutral", "positive"});
  for (size_t i = 0; i < read.texts.size(); ++i) {
    const auto [first, second] = read.pair(i);
    const std::vector<float> wanted = softmax(read.row("logits", i, 3));
    const std::vector<LabelScore> found = read.model.classify(first, {.second = second});
    REQUIRE(found.size() == 3);
    std::map<std::string, float> by_name;
    for (const LabelScore& label : found) by_name[label.label] = label.probability;
    CHECK(by_name["negative"] == Approx(wanted[0]).margin(1e-5));
    CHECK(by_name["neutral"] == Approx(wanted[1]).margin(1e-5));
    CHECK(by_name["positive"] == Approx(wanted[2]).margin(1e-5));
    CHECK((found[0].probability >= found[1].probability && found[1].probability >= found[2].probability));
  }
}

TEST_CASE("A batch of texts gives what each gives alone", "[api][tasks]") {
  const Read read("roberta-seqcls");
  const std::vector<std::vector<LabelScore>> together = read.model.classify(read.texts);
  REQUIRE(together.size() == read.texts.size());
  for (size_t i = 0; i < read.texts.size(); ++i) {
    const std::vector<LabelScore> alone = read.model.classify(read.texts[i]);
    const std::vector<float> wanted = softmax(read.row("logits", i, 3));
    CHECK(together[i][0].probability == Approx(*std::max_element(wanted.begin(), wanted.end())).margin(1e-5));
    for (size_t k = 0; k < alone.size(); ++k) {
      CHECK(together[i][k].label == alone[k].label);
      CHECK(together[i][k].probability == Approx(alone[k].probability).margin(1e-5));
    }
  }
}

TEST_CASE("Several labels have a probability each, and numbers are themselves", "[api][tasks]") {
  const Read several("bert-multilabel"), number("bert-regression");
  const auto [first, second] = several.pair(0);
  const std::vector<float> scores = several.row("logits", 0, 5);
  for (const LabelScore& label : several.model.classify(first, {.second = second})) {
    const float score = scores[size_t(label.label.back() - '0')];
    CHECK(label.probability == Approx(1 / (1 + std::exp(-score))).margin(1e-5));
  }
  for (size_t i = 0; i < number.texts.size(); ++i) {
    const auto [one, two] = number.pair(i);
    const std::vector<LabelScore> found = number.model.classify(one, {.second = two});
    REQUIRE(found.size() == 1);
    CHECK(found[0].probability == Approx(number.row("logits", i, 1)[0]).margin(1e-4));
  }
}

TEST_CASE("Tags are parts of the text, with neighbours of one label joined", "[api][tasks]") {
  const Read read("bert-tokcls");
  const std::string text = read.texts[0];
  const std::vector<TaggedSpan> spans = read.model.tag(text);
  REQUIRE(!spans.empty());
  size_t at = 0;
  for (const TaggedSpan& span : spans) {
    CHECK(span.begin >= at);
    CHECK(span.text == text.substr(span.begin, span.end - span.begin));
    CHECK((span.probability > 0.2f && span.probability <= 1));
    CHECK(span.label != "LABEL_0");  // the first label is "nothing" where none is called O
    at = span.end;
  }
  for (size_t i = 1; i < spans.size(); ++i)
    CHECK((spans[i].label != spans[i - 1].label || spans[i].begin > spans[i - 1].end + 1));
}

TEST_CASE("An answer is the best part of the context, or none", "[api][tasks]") {
  const Read read("bert-qa");
  for (size_t i = 0; i < read.texts.size(); ++i) {
    const auto [question, context] = read.pair(i);
    if (context.empty()) continue;
    const size_t first = size_t(read.goldens.integers("offsets")[i]),
                 end = size_t(read.goldens.integers("offsets")[i + 1]);
    const std::vector<int64_t>& types = read.goldens.integers("token_types");
    const std::vector<float>&start = read.goldens.at("start_logits").floats,
          &stop = read.goldens.at("end_logits").floats;
    float best = -1e9f;
    size_t begin = 0, last = 0;
    for (size_t from = first; from < end; ++from)
      for (size_t to = from; types[from] == 1 && to < end && to < from + 30; ++to)
        if (start[from] + stop[to] > best) best = start[begin = from] + stop[last = to];
    const Answer answer = read.model.answer(question, context);
    CHECK(answer.score == Approx(best - start[first] - stop[first]).margin(1e-4));
    const std::vector<int64_t>& ids = read.goldens.integers("ids");
    CHECK(answer.text == (answer.score > 0 ? text_of({&ids[begin], last - begin + 1}) : ""));
    CHECK(answer.text == context.substr(answer.begin, answer.end - answer.begin));
  }
}

TEST_CASE("A context beyond the model's is read in windows", "[api][tasks]") {
  const Read read("bert-qa");
  std::string context;
  for (int i = 0; i < 200; ++i) context += message(i ? " t" : "t", 20 + i * 7 % 120);
  const Answer whole = read.model.answer("t5 t6", context);
  const Answer small = read.model.answer("t5 t6", context, {.max_length = 24});
  for (const Answer& answer : {whole, small})
    CHECK(answer.text == context.substr(answer.begin, answer.end - answer.begin));
  const std::string front = context.substr(0, 100);
  CHECK(read.model.answer("t5 t6", context).score >= read.model.answer("t5 t6", front).score - 10);
}

TEST_CASE("Embeddings are the reference's, pooled as asked", "[api][tasks]") {
  const Read read("bert-embed");
  const size_t width = 48;
  for (size_t i = 0; i < read.texts.size(); ++i) {
    const auto [first, second] = read.pair(i);
    if (!second.empty()) continue;
    CHECK(largest_difference(read.model.embed(first), read.row("mean_pooled", i, width)) < 1e-5);
    const std::vector<float> start = read.model.embed(first, {.pooling = Pooling::first, .normalized = false});
    const auto from = size_t(read.goldens.integers("offsets")[i]), to = size_t(read.goldens.integers("offsets")[i + 1]);
    CHECK(largest_difference(start, read.row("last_hidden", from, width)) < 1e-4);
    const std::vector<float> end = read.model.embed(first, {.pooling = Pooling::last, .normalized = false});
    CHECK(largest_difference(end, read.row("last_hidden", to - 1, width)) < 1e-4);
    const std::vector<float> unit = read.model.embed(first, {.pooling = Pooling::first});
    CHECK(std::inner_product(unit.begin(), unit.end(), unit.begin(), 0.0) == Approx(1));
  }
}

TEST_CASE("A reranker scores pairs by its one output, other models by the cosine", "[api][tasks]") {
  const Read pairs("bert-regression"), vectors("bert-embed");
  const std::vector<std::string> documents = {"t30 t31 t32", "t90 t11", "t7 t8 t9 t10"};
  const std::vector<float> scores = pairs.model.rerank("t7 t8", documents);
  const std::vector<float> cosines = vectors.model.rerank("t7 t8 t9 t10", documents);
  REQUIRE(scores.size() == 3);
  for (size_t i = 0; i < 3; ++i)
    CHECK(scores[i] == pairs.model.classify("t7 t8", {.second = documents[i]})[0].probability);
  CHECK(cosines[2] == Approx(1));
  CHECK((cosines[0] < 0.999f && cosines[1] < 0.999f));
}

TEST_CASE("A continuation's score is the sum of its tokens' log-probabilities", "[api][tasks]") {
  const Read read("llama-gqa");
  const std::vector<int64_t>& ids = read.goldens.integers("ids");
  const size_t count = size_t(read.goldens.integers("offsets")[1]), half = count / 2;
  const std::vector<std::string> continuations = {text_of({&ids[half], count - half}), "t9"};
  double wanted = 0;
  for (size_t i = half; i < count; ++i) wanted += std::log(softmax(read.row("logits", i - 1, 160))[size_t(ids[i])]);
  const std::vector<Scored> found = read.model.score(text_of({ids.data(), half}), continuations);
  REQUIRE(found.size() == 2);
  CHECK(found[0].tokens == int(count - half));
  CHECK(found[0].log_likelihood == Approx(wanted).epsilon(1e-4));
  CHECK(found[1].log_likelihood == Approx(std::log(softmax(read.row("logits", half - 1, 160))[9])).epsilon(1e-4));
}

TEST_CASE("A score's probability is its share, divided by the prior where there is one", "[api][tasks]") {
  const Read read("llama-gqa");
  const std::vector<std::string> choices = {"t9", "t30 t4", "t30 t5"}, nothing = {"t1", "t2 t3"};
  const std::vector<std::string> prompts = {"t7 t8", "t11"};
  const std::vector<double> prior = read.model.prior(nothing, choices);
  CHECK(prior[0] + prior[1] + prior[2] == Approx(1));
  const std::vector<std::vector<Scored>> plain = read.model.score(prompts, choices);
  const std::vector<std::vector<Scored>> calibrated = read.model.score(prompts, choices, {.prior = prior});
  for (size_t p = 0; p < prompts.size(); ++p) {
    double sum = 0, divided = 0;
    for (const Scored& one : plain[p]) sum += std::exp(one.log_likelihood);
    for (size_t i = 0; i < 3; ++i) divided += std::exp(plain[p][i].log_likelihood) / sum / prior[i];
    for (size_t i = 0; i < 3; ++i) {
      const double share = std::exp(plain[p][i].log_likelihood) / sum;
      CHECK(plain[p][i].log_likelihood ==
            Approx(read.model.score(prompts[p], std::span(&choices[i], 1))[0].log_likelihood).epsilon(1e-5));
      CHECK(plain[p][i].probability == Approx(share));
      CHECK(calibrated[p][i].probability == Approx(share / prior[i] / divided));
    }
  }
  CHECK(refusal<ArgumentError>([&] { read.model.score("t7", choices, {.prior = {0.5}}); }) ==
        "ScoreOptions: prior has 1 values, expected one for each of 3 continuations");
}

TEST_CASE("A gap is filled with the likeliest tokens", "[api][tasks]") {
  const TemporaryFolder folder;
  SmallTokenizer tokenizer = bert_tokenizer();
  for (size_t i = tokenizer.specials.size() + tokenizer.words.size(); i < 160; ++i)
    tokenizer.words.push_back(message("w", i));
  const Model model =
      Model::load(golden_path("models/bert-mlm"), {.tokenizer = write_tokenizer(folder.path(), tokenizer)});
  const std::vector<std::vector<FilledMask>> filled = model.fill_mask("the [MASK] was [MASK].", 160);
  REQUIRE(filled.size() == 2);
  for (const std::vector<FilledMask>& gap : filled) {
    REQUIRE(gap.size() == 160);
    float sum = 0;
    for (size_t i = 0; i < gap.size(); ++i) {
      sum += gap[i].probability;
      if (i > 0) CHECK(gap[i - 1].probability >= gap[i].probability);
      CHECK(model.tokenizer().token(gap[i].id) == gap[i].token);
    }
    CHECK(sum == Approx(1));
  }
  CHECK(refusal<ArgumentError>([&] { model.fill_mask("the film"); }) ==
        "fill_mask: the text has no [MASK], expected at least one");
  const Read without("bert-mlm");
  CHECK(refusal<UnsupportedError>([&] { without.model.fill_mask("t7"); }) ==
        "fill_mask: the tokenizer has no mask token, expected [MASK] or <mask>");
}

TEST_CASE("A call that the model's head cannot serve says what the model is", "[api][tasks]") {
  const Read decoder("llama-gqa"), encoder("bert-mlm"), translator("t5");
  CHECK(refusal<UnsupportedError>([&] { decoder.model.classify("t7"); }) ==
        "classify: the model is a LlamaForCausalLM: load it with LoadOptions::head");
  CHECK(refusal<UnsupportedError>([&] { encoder.model.tag("t7"); }) ==
        "tag: the model is a BertForMaskedLM: load it with LoadOptions::head");
  CHECK(refusal<UnsupportedError>([&] { encoder.model.answer("t7", "t8"); }) ==
        "answer: the model is a BertForMaskedLM: load it with LoadOptions::head");
  const std::vector<std::string> one = {"t8"};
  CHECK(refusal<UnsupportedError>([&] { encoder.model.score("t7", one); }) ==
        "score: the model is a BertForMaskedLM, expected a decoder");
  CHECK(refusal<UnsupportedError>([&] { encoder.model.generate("t7"); }) ==
        "generate: the model is a BertForMaskedLM, expected a decoder");
  CHECK(refusal<UnsupportedError>([&] { encoder.model.session().generate("t7"); }) ==
        "session: the model is a BertForMaskedLM, expected a decoder");
  CHECK(refusal<UnsupportedError>([&] { decoder.model.fill_mask("t7"); }) ==
        "fill_mask: the model is a LlamaForCausalLM, which does not fill gaps");
  CHECK(refusal<UnsupportedError>([&] { translator.model.embed("t7"); }) ==
        "the model is a T5ForConditionalGeneration, whose decoder needs a source: use generate");
  CHECK(refusal<ArgumentError>([&] { encoder.model.embed("t7", {.max_length = -1}); }) ==
        "max_length is -1, expected at least 0");
}

}  // namespace graft
