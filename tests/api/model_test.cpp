// SPDX-License-Identifier: Apache-2.0
//
// What a model promises about generation, scores and loading.
#include "graft/model.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "api/model_state.hpp"
#include "api/tiny_model.hpp"
#include "graft/error.hpp"
#include "support/mapped_file.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

const std::string kPrompt = "Hello world, this is";

double log_softmax(std::span<const float> logits, int32_t token) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - most);
  return logits[size_t(token)] - most - std::log(sum);
}

std::vector<std::vector<int32_t>> golden_prompts(const Goldens& goldens) {
  const std::vector<int64_t>&ids = goldens.integers("ids"), &offsets = goldens.integers("offsets");
  std::vector<std::vector<int32_t>> prompts;
  for (size_t i = 0; i + 1 < offsets.size(); ++i)
    prompts.emplace_back(ids.begin() + offsets[i], ids.begin() + offsets[i + 1]);
  return prompts;
}

}  // namespace

TEST_CASE("Greedy tokens are the reference's", "[api]") {
  const Goldens goldens = load_golden("gguf/llama-q8_0");
  const std::vector<std::vector<int32_t>> prompts = golden_prompts(goldens);
  const Model model = tiny_model();
  const Lane lane(model.state()->trunk->backend);
  const NetworkContext context = network_context(*model.state(), lane, Memory::create(lane.backend()), nullptr);
  std::vector<KeyValueCache> caches(prompts.size(), make_cache(context));
  std::vector<GenerateRequest> requests;
  for (size_t i = 0; i < prompts.size(); ++i) requests.push_back({prompts[i], &caches[i]});
  const GenerateOptions options{.max_tokens = 12, .ignore_end = true};
  Generator generator(context, model.tokenizer().loaded().decoder(), {}, options);
  std::vector<int64_t> tokens;
  for (const Generation& result : generator.run(requests))
    tokens.insert(tokens.end(), result.tokens.begin(), result.tokens.end());
  CHECK(tokens == goldens.integers("gen.ids"));

  const Golden& logits = goldens.at("logits");
  size_t end = 0;
  for (const std::vector<int32_t>& prompt : prompts) {
    end += prompt.size();
    const std::span<const float> last(&logits.floats[(end - 1) * 900], 900);
    CHECK(largest_difference(model.next_logits(prompt), last) <= logits.tolerance);
  }
}

TEST_CASE("Generated text is the likeliest continuation, token by token", "[api]") {
  const Model model = tiny_model();
  const Generation result = model.generate(kPrompt, {.max_tokens = 8, .ignore_end = true, .alternatives = 4});
  REQUIRE(result.tokens.size() == 8);
  CHECK(result.finish == Finish::length);
  CHECK(result.text == model.tokenizer().decode(result.tokens, {.skip_special = true}));
  std::vector<int32_t> ids = model.tokenizer().encode(kPrompt);
  CHECK(result.prompt_tokens == int(ids.size()));
  for (size_t i = 0; i < result.tokens.size(); ++i) {
    const std::vector<float> logits = model.next_logits(ids);
    CHECK(result.tokens[i] == std::max_element(logits.begin(), logits.end()) - logits.begin());
    CHECK(result.log_probabilities[i] == Approx(log_softmax(logits, result.tokens[i])).margin(1e-3));
    const std::vector<Alternative>& likeliest = result.alternatives[i];
    REQUIRE(likeliest.size() == 4);
    CHECK(likeliest[0].token == result.tokens[i]);
    CHECK(likeliest[0].log_probability == result.log_probabilities[i]);
    CHECK(std::is_sorted(likeliest.begin(), likeliest.end(),
                         [](const auto& a, const auto& b) { return a.log_probability > b.log_probability; }));
    ids.push_back(result.tokens[i]);
  }
}

TEST_CASE("A batch of prompts gives what each gives alone", "[api]") {
  const Model model = tiny_model();
  const std::vector<std::string> prompts = {"Hello", kPrompt, "12345 tests and more of them"};
  const GenerateOptions options{.max_tokens = 10};
  const std::vector<Generation> batch = model.generate(prompts, options);
  REQUIRE(batch.size() == prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    const Generation alone = model.generate(prompts[i], options);
    CHECK(batch[i].tokens == alone.tokens);
    CHECK(batch[i].text == alone.text);
  }
  CHECK(model.generate(std::vector<std::string>(), options).empty());
}

TEST_CASE("Each prompt of a batch may have an adapter of its own", "[api]") {
  const Model model = tiny_model();
  const LoRAAdapter first = changing_adapter(model), second = changing_adapter(model, -0.2f);
  const std::vector<std::string> prompts = {"Hello", kPrompt, "12345 tests", "Hello", "one more"};
  const std::vector<const Adapter*> adapters = {&first, &second, nullptr, &second, &second};
  const std::vector<Generation> batch =
      model.generate(prompts, {.max_tokens = 10, .ignore_end = true, .adapters = adapters});
  for (size_t i = 0; i < prompts.size(); ++i) {
    const GenerateOptions alone{.max_tokens = 10, .ignore_end = true, .adapter = adapters[i]};
    CHECK(batch[i].tokens == model.generate(prompts[i], alone).tokens);
  }
  CHECK(batch[0].tokens != batch[3].tokens);
  CHECK_THROWS_WITH(model.generate(prompts, {.adapters = {&first}}),
                    Catch::Matchers::Contains("1 adapters for 5 prompts"));
  CHECK_THROWS_WITH(model.generate("one", {.adapter = &first, .adapters = {&first}}),
                    Catch::Matchers::Contains("beside `adapter`"));
}

TEST_CASE("A seed repeats its text, and another gives another", "[api]") {
  const Model model = tiny_model();
  const auto sample = [&](uint64_t seed) {
    return model.generate(kPrompt, {.max_tokens = 16, .temperature = 1, .seed = seed, .ignore_end = true}).tokens;
  };
  CHECK(sample(1) == sample(1));
  CHECK(sample(1) != sample(2));
  CHECK(model.generate(kPrompt, {.max_tokens = 8, .temperature = 1, .top_k = 1, .seed = 3}).tokens ==
        model.generate(kPrompt, {.max_tokens = 8}).tokens);
}

TEST_CASE("A stop string ends the text before it, also where tokens split it", "[api]") {
  const Model model = tiny_model();
  GenerateOptions options{.max_tokens = 40, .temperature = 1, .seed = 4, .ignore_end = true};
  const Generation whole = model.generate(kPrompt, options);
  int split = 0;
  for (size_t i = 0; i + 1 < whole.tokens.size() && split < 5; ++i) {
    const std::string first = model.tokenizer().decode({&whole.tokens[i], 1}, {.skip_special = true});
    const std::string second = model.tokenizer().decode({&whole.tokens[i + 1], 1}, {.skip_special = true});
    if (first.empty() || second.empty() || !std::isalnum(uint8_t(first.back())) || !std::isalnum(uint8_t(second[0])))
      continue;
    ++split;
    const std::string stop = {first.back(), second[0]};
    INFO("stop at \"" << stop << "\" in \"" << whole.text << "\"");
    std::string streamed;
    options.stop = {"never written", stop};
    options.on_text = [&](std::string_view text) { streamed += text; };
    const Generation cut = model.generate(kPrompt, options);
    CHECK(cut.text == whole.text.substr(0, whole.text.find(stop)));
    CHECK(cut.finish == Finish::end);
    CHECK(streamed == cut.text);
  }
  CHECK(split > 0);
}

TEST_CASE("Text that only begins a stop string is not lost", "[api]") {
  const Model model = tiny_model();
  GenerateOptions options{.max_tokens = 10, .ignore_end = true};
  const std::string text = model.generate(kPrompt, options).text;
  options.stop = {text.substr(text.size() / 2) + " and what never comes"};
  std::string streamed;
  options.on_text = [&](std::string_view part) { streamed += part; };
  CHECK(model.generate(kPrompt, options).text == text);
  CHECK(streamed == text);
}

TEST_CASE("Stop tokens and limits end the text", "[api]") {
  const Model model = tiny_model();
  const Generation whole = model.generate(kPrompt, {.max_tokens = 12, .ignore_end = true});
  const int32_t stop = whole.tokens[5];
  const auto first = std::find(whole.tokens.begin(), whole.tokens.end(), stop);
  const Generation cut = model.generate(kPrompt, {.max_tokens = 12, .stop_ids = {stop}, .ignore_end = true});
  CHECK(cut.tokens == std::vector<int32_t>(whole.tokens.begin(), first));
  CHECK(cut.finish == Finish::end);
  const Generation shorter = model.generate(kPrompt, {.max_tokens = 3, .ignore_end = true});
  CHECK(shorter.tokens == std::vector<int32_t>(whole.tokens.begin(), whole.tokens.begin() + 3));
  CHECK(shorter.finish == Finish::length);
  const Generation full = model.generate(kPrompt, {.max_tokens = 0, .ignore_end = true});
  CHECK(full.prompt_tokens + int(full.tokens.size()) == model.info().context);
  CHECK(full.finish == Finish::length);
}

TEST_CASE("The callbacks deliver exactly the result", "[api]") {
  const Model model = tiny_model();
  std::vector<int32_t> tokens;
  std::string text;
  const Generation result = model.generate(kPrompt, {.max_tokens = 30,
                                                     .temperature = 1,
                                                     .seed = 9,
                                                     .stop = {"zzzz"},
                                                     .on_token = [&](int32_t token) { tokens.push_back(token); },
                                                     .on_text = [&](std::string_view part) { text += part; }});
  CHECK(tokens == result.tokens);
  CHECK(text == result.text);
}

TEST_CASE("A cancelled call returns what is there", "[api]") {
  const Model model = tiny_model();
  std::stop_source source;
  int tokens = 0;
  GenerateOptions options{.max_tokens = 20, .ignore_end = true, .cancel = source.get_token()};
  options.on_token = [&](int32_t) {
    if (++tokens == 3) source.request_stop();
  };
  const Generation cancelled = model.generate(kPrompt, options);
  CHECK(cancelled.finish == Finish::cancelled);
  CHECK(cancelled.tokens == model.generate(kPrompt, {.max_tokens = 3, .ignore_end = true}).tokens);
  const Generation nothing = model.generate(kPrompt, options);
  CHECK(nothing.finish == Finish::cancelled);
  CHECK(nothing.tokens.empty());
}

TEST_CASE("A prompt beyond the context is refused, or slides", "[api]") {
  const Model model = tiny_model();
  const int context = model.info().context;
  std::string prompt;
  for (int i = 0; i < context; ++i) prompt += " Hello";
  CHECK(refusal<ArgumentError>([&] { model.generate(prompt); }).find("set on_overflow = slide") != std::string::npos);
  const Generation result =
      model.generate(prompt, {.max_tokens = 5, .ignore_end = true, .on_overflow = Overflow::slide});
  CHECK(result.prompt_tokens == context - 5);
  CHECK(result.tokens.size() == 5);
  CHECK_THROWS_AS(model.generate(""), ArgumentError);
}

TEST_CASE("Generation names the option that is out of range", "[api]") {
  const Model model = tiny_model();
  const auto said = [&](const GenerateOptions& options) {
    return refusal<ArgumentError>([&] { model.generate("Hi", options); });
  };
  CHECK(said({.max_tokens = -1}).starts_with("GenerateOptions: max_tokens is -1"));
  CHECK(said({.temperature = NAN}).starts_with("GenerateOptions: temperature is nan"));
  CHECK(said({.top_k = -2}).starts_with("GenerateOptions: top_k is -2"));
  CHECK(said({.top_p = 2}) == "GenerateOptions: top_p is 2, expected 0 to 1");
  CHECK(said({.min_p = -1}).starts_with("GenerateOptions: min_p is -1"));
  CHECK(said({.repetition_penalty = 0}).starts_with("GenerateOptions: repetition_penalty is 0"));
  CHECK(said({.alternatives = -1}).starts_with("GenerateOptions: alternatives is -1"));
}

TEST_CASE("Log-probabilities of a text are those of its next tokens", "[api]") {
  const Model model = tiny_model();
  const std::vector<int32_t> ids = model.tokenizer().encode(kPrompt + " a test of scores");
  const std::vector<float> scores = model.log_probabilities(ids);
  REQUIRE(scores.size() + 1 == ids.size());
  for (size_t i = 1; i < ids.size(); ++i)
    CHECK(scores[i - 1] == Approx(log_softmax(model.next_logits(std::span(ids).first(i)), ids[i])).margin(1e-3));
  CHECK(model.log_probabilities(std::span(ids).first(1)).empty());
  CHECK_THROWS_AS(model.log_probabilities({}), ArgumentError);
  const int32_t stray[] = {1, 900};
  CHECK(refusal<ArgumentError>([&] { model.next_logits(stray); }).find("token 900, expected 0 to 899") !=
        std::string::npos);
}

TEST_CASE("A model in memory is the model on disk", "[api]") {
  const MappedFile file = MappedFile::open(golden_path("gguf/llama-q8_0.gguf"));
  const Model model = tiny_model(), memory = Model::load(file.bytes(), {.precision = Precision::f32});
  const std::vector<int32_t> ids = model.tokenizer().encode(kPrompt);
  CHECK(memory.tokenizer().encode(kPrompt) == ids);
  CHECK(memory.next_logits(ids) == model.next_logits(ids));
  CHECK(memory.info().parameters == model.info().parameters);
}

TEST_CASE("A folder without a tokenizer is refused by that file's name", "[api]") {
  const std::string said = refusal([] { Model::load(golden_path("models/llama-gqa")); });
  CHECK(said.find("tokenizer.json") != std::string::npos);
  const std::string none = refusal([] { Model::load(golden_path("models/no-such-model")); });
  CHECK(none.find("no-such-model") != std::string::npos);
}

TEST_CASE("What merge changes, unmerge puts back to the bit", "[api]") {
  Model model = tiny_model();
  const LoRAAdapter adapter = changing_adapter(model);
  const std::vector<int32_t> ids = model.tokenizer().encode(kPrompt);
  const std::vector<float> before = model.next_logits(ids), beside = model.next_logits(ids, &adapter);
  CHECK(largest_difference(before, beside) > 0.1);
  CHECK_THROWS_AS(model.unmerge(), ArgumentError);
  const MergeReport report = model.merge(adapter);
  CHECK(report.matrices == int(adapter.sites().size()));
  CHECK(report.largest_logit_change < 0.1f);
  CHECK(largest_difference(model.next_logits(ids), beside) < 0.1);
  CHECK_THROWS_AS(model.merge(adapter), ArgumentError);
  model.unmerge();
  CHECK(model.next_logits(ids) == before);
}

TEST_CASE("A merge in f32 rounds nothing, also on quantised weights", "[api]") {
  Model model = tiny_model();
  const LoRAAdapter adapter = changing_adapter(model);
  CHECK(model.merge(adapter).largest_logit_change < 1e-4f);
}

TEST_CASE("The folder of a GGUF file tells its begin and end tokens", "[api]") {
  const TemporaryFolder folder;
  tiny_model().save(folder.path());
  const Json config = read_json(folder.path() / "config.json");
  CHECK(config.contains("bos_token_id"));
  CHECK(config.contains("eos_token_id"));
}

}  // namespace graft
