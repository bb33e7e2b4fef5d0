// SPDX-License-Identifier: Apache-2.0
//
// Generation by translators and by beam search, beside the reference's tokens.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "api/small_tokenizer.hpp"
#include "graft/error.hpp"
#include "graft/model.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

struct Golden160 {
  explicit Golden160(const std::string& name)
      : goldens(load_golden("models/" + name)),
        texts(golden_texts(goldens)),
        model(Model::load(golden_path("models/" + name),
                          {.device = {.threads = 2},
                           .precision = Precision::f32,
                           .tokenizer = write_tokenizer(folder.path(), numbers_tokenizer(161))})) {}
  TemporaryFolder folder;
  Goldens goldens;
  std::vector<std::string> texts;
  Model model;
};

}  // namespace

TEST_CASE("A model writes the reference's likeliest tokens", "[api][generate]") {
  const std::string name = GENERATE("t5", "bart", "transformer-2017", "llama-gqa", "gemma3-text", "gpt2");
  const Golden160 of(name);
  const std::vector<int64_t>& wanted = of.goldens.integers("gen.ids");
  const int count = int(of.goldens.at("gen.ids").shape.back());
  const std::vector<Generation> found = of.model.generate(of.texts, {.max_tokens = count, .ignore_end = true});
  std::vector<int64_t> ids;
  for (const Generation& one : found) ids.insert(ids.end(), one.tokens.begin(), one.tokens.end());
  CHECK(ids == wanted);
}

TEST_CASE("Beam search finds the reference's texts, with the best first", "[api][generate]") {
  const std::string name = GENERATE("t5", "bart", "transformer-2017");
  const Golden160 of(name);
  const Json beam = of.goldens.json.at("beam");
  const auto end = beam.at("eos_token_id").get<int32_t>();
  const GenerateOptions options = {.max_tokens = beam.at("max_new_tokens").get<int>(),
                                   .stop_ids = {end},
                                   .ignore_end = true,
                                   .beams = beam.at("num_beams").get<int>(),
                                   .length_penalty = beam.at("length_penalty").get<float>(),
                                   .early_stopping = beam.value("early_stopping", false)};
  const std::vector<Generation> found = of.model.generate(of.texts, options);
  std::vector<int64_t> ids;
  for (size_t i = 0; i < found.size(); ++i) {
    ids.insert(ids.end(), found[i].tokens.begin(), found[i].tokens.end());
    if (found[i].finish == Finish::end) ids.push_back(end);
    REQUIRE(!found[i].beams.empty());
    CHECK(found[i].beams.size() <= size_t(options.beams));
    CHECK(found[i].beams[0].tokens == found[i].tokens);
    CHECK(found[i].beams[0].score == Approx(of.goldens.at("beam.scores").floats[i]).margin(1e-4));
    CHECK(found[i].log_probabilities.size() == found[i].tokens.size());
    for (size_t k = 1; k < found[i].beams.size(); ++k) CHECK(found[i].beams[k - 1].score >= found[i].beams[k].score);
  }
  CHECK(ids == of.goldens.integers("beam.ids"));
}

TEST_CASE("Each beam of a decoder has the score of its tokens", "[api][generate]") {
  const Golden160 of("llama-gqa");
  const std::string prompt = of.texts[0];
  const Generation found =
      of.model.generate(prompt, {.max_tokens = 9, .ignore_end = true, .beams = 3, .length_penalty = 0});
  REQUIRE(found.beams.size() == 3);
  const Generation greedy = of.model.generate(prompt, {.max_tokens = 9, .ignore_end = true});
  double greedy_score = 0;
  for (const float one : greedy.log_probabilities) greedy_score += one;
  CHECK(found.beams[0].score >= greedy_score - 1e-4);
  for (const Hypothesis& beam : found.beams) {
    std::vector<int32_t> ids = of.model.tokenizer().encode(prompt);
    const size_t before = ids.size();
    ids.insert(ids.end(), beam.tokens.begin(), beam.tokens.end());
    const std::vector<float> each = of.model.log_probabilities(ids);
    double sum = 0;
    for (size_t i = before - 1; i < each.size(); ++i) sum += each[i];
    CHECK(beam.score == Approx(sum).margin(1e-3));
  }
}

TEST_CASE("Beams branch beyond the chunks of their caches", "[api][generate]") {
  const TemporaryFolder folder;
  const Model model = Model::create(
      R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 32, "intermediate_size": 64,
          "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 160, "max_position_embeddings": 512,
          "initializer_range": 0.3})",
      Tokenizer::load(write_tokenizer(folder.path(), numbers_tokenizer()).string()), 4);
  std::vector<int64_t> ids;
  for (int i = 0; i < 250; ++i) ids.push_back(i * 13 % 160);
  const Generation found = model.generate(text_of(ids), {.max_tokens = 16, .beams = 4, .length_penalty = 0});
  std::vector<int32_t> whole(ids.begin(), ids.end());
  whole.insert(whole.end(), found.tokens.begin(), found.tokens.end());
  const std::vector<float> each = model.log_probabilities(whole);
  double sum = 0;
  for (size_t i = 249; i < each.size(); ++i) sum += each[i];
  CHECK(found.beams[0].score == Approx(sum).margin(2e-3));
}

TEST_CASE("Beams obey bans, tell their text at the end, and refuse what has no meaning for them", "[api][generate]") {
  const Golden160 of("t5");
  std::string told;
  GenerateOptions options{.max_tokens = 10, .no_repeat_ngram = 1, .beams = 4};
  options.on_text = [&](std::string_view text) { told += text; };
  const Generation found = of.model.generate(of.texts[0], options);
  CHECK(told == found.text);
  for (const Hypothesis& beam : found.beams)
    CHECK(std::set<int32_t>(beam.tokens.begin(), beam.tokens.end()).size() == beam.tokens.size());
  CHECK(refusal<ArgumentError>([&] { of.model.generate("t7", {.temperature = 1, .beams = 2}); }) ==
        "GenerateOptions: beams is 2, with temperature 1, 0 stop strings and 0 alternatives, expected none of them");
  CHECK(refusal<ArgumentError>([&] { of.model.generate("t7", {.beams = 0}); }) ==
        "GenerateOptions: beams is 0, expected 1 to 1024");
  const Golden160 decoder("llama-gqa");
  CHECK(refusal<ArgumentError>([&] { decoder.model.session().generate("t7", {.beams = 2}); }) ==
        "Session: beams is 2, expected 1: a session goes on with one text");
}

}  // namespace graft
