// SPDX-License-Identifier: Apache-2.0
//
// What a trainer promises to its host.
#include "graft/trainer.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>

#include "api/model_state.hpp"
#include "api/tiny_model.hpp"
#include "graft/adalora_adapter.hpp"
#include "graft/error.hpp"
#include "graft/prompt_adapters.hpp"
#include "graft/vector_adapters.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

Dataset others() {
  return Dataset::from(
      std::vector<Example>{{.prompt = "Who?", .completion = " You"}, {.prompt = "Where?", .completion = " Here"}});
}

LoRAAdapter small_adapter(const Model& model) { return LoRAAdapter(model, {.rank = 4, .seed = 1}); }

const TrainOptions kFast{.epochs = 4, .batch = 3, .learning_rate = 1e-2f};

std::filesystem::path chat_tokenizer(const TemporaryFolder& folder) {
  std::filesystem::copy_file(golden_path("tokenizers/bbpe-qwen2/tokenizer.json"), folder.path() / "tokenizer.json");
  folder.file("tokenizer_config.json", R"({"eos_token": "<|im_end|>"})");
  folder.file("chat_template.jinja",
              "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
              "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
  return folder.path();
}

const char* const kConfig = R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 32,
  "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
  "vocab_size": 1003, "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "hidden_act": "silu",
  "tie_word_embeddings": false, "rope_theta": 10000.0})";

}  // namespace

TEST_CASE("A preview shows what is learned: the assistant's tokens and their end", "[api][train]") {
  const TemporaryFolder folder;
  const Model model = Model::create(kConfig, Tokenizer::load(chat_tokenizer(folder).string()), 3);
  LoRAAdapter adapter = small_adapter(model);
  const Dataset data = Dataset::from(std::vector<Example>{{.messages = {{"system", "Be brief."},
                                                                        {"user", "Hi there"},
                                                                        {"assistant", "Hello"},
                                                                        {"user", "Who?"},
                                                                        {"assistant", "It is me"}}}});
  const auto shown = [&](const TrainOptions& options) {
    std::string text;
    const std::vector<PreviewToken> row = Trainer(model, adapter, options).preview(data).at(0);
    for (const PreviewToken& token : row)
      if (token.trained) text += token.text;
    return text;
  };
  CHECK(shown({}) == "Hello<|im_end|>It is me<|im_end|>");
  CHECK(shown({.train_on_prompt = true}).find("Hi there") != std::string::npos);
  CHECK(Trainer(model, adapter).preview(data, 5).size() == 1);
  CHECK(Trainer(model, adapter).preview(questions(), 2).size() == 2);
}

TEST_CASE("Fitting lowers the loss, of an adapter and of the model itself", "[api][train]") {
  Model model = tiny_model(Precision::automatic);
  const std::vector<int32_t> ids = model.tokenizer().encode("What is 3?");
  const std::vector<float> before = model.next_logits(ids);
  const bool is_whole = GENERATE(false, true);
  LoRAAdapter adapter = small_adapter(model);
  Trainer trainer = is_whole ? Trainer(model, kFast) : Trainer(model, adapter, kFast);
  const TrainReport report = trainer.fit(questions());
  CHECK(report.steps == 8);
  REQUIRE(report.losses.size() == 8);
  CHECK(report.losses.back() < 0.8f * report.losses.front());
  CHECK(report.trained_tokens > 0);
  CHECK(report.tokens > report.trained_tokens);
  CHECK(report.trained_parameters == (is_whole ? model.info().parameters : adapter.parameters()));
  CHECK(report.evaluations.empty());
  CHECK((model.next_logits(ids) == before) == !is_whole);
  CHECK(trainer.evaluate(questions()).loss < report.losses.front());
}

TEST_CASE("Every kind of adapter learns beside quantised weights, and tells its ranks", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  const int kind = GENERATE(range(0, 8));
  INFO("kind " << kind);
  const auto make = [&]() -> Adapter {
    switch (kind) {
      case 0:
        return LoRAAdapter(model, {.rank = 4, .dora = true, .seed = 1});
      case 1:
        return LoRAAdapter(model, {.rank = 4, .initial = LoRAInitial::pissa, .plus_ratio = 4});
      case 2:
        return AdaLoRAAdapter(model, {.initial_rank = 6, .target_rank = 3, .alpha = 32, .seed = 1});
      case 3:
        return IA3Adapter(model);
      case 4:
        return VeRAAdapter(model, {.rank = 32});
      case 5:
        return PrefixAdapter(model, {.tokens = 6, .initial_text = "the sum"});
      case 6:
        return PromptAdapter(model, {.tokens = 6, .seed = 1});
      default:
        return LoRAAdapter(model, {.rank = 4, .targets = {"embed_tokens", "v_proj"}, .save_modules = {"norm"}});
    }
  };
  Adapter adapter = make();
  TrainOptions options = kFast;
  options.epochs = 8;
  options.learning_rate = 3e-2f;
  const TrainReport report = Trainer(model, adapter, options).fit(questions());
  CHECK(report.losses.back() < 0.9f * report.losses.front());
  if (kind != 2) return;
  int ranks = 0;
  for (const auto& [module, rank] : adapter.ranks()) ranks += rank;
  CHECK(ranks == 3 * int(adapter.sites().size()));
}

TEST_CASE("The best evaluation is what stays, and patience ends a run", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  LoRAAdapter adapter = small_adapter(model);
  TrainOptions options{.epochs = 30, .batch = 3, .learning_rate = 0.05f, .schedule = Schedule::constant};
  options.evaluate_every = 2;
  options.patience = 3;
  int heard = 0;
  options.on_evaluation = [&](const Evaluation&) { ++heard; };
  Trainer trainer(model, adapter, options);
  const TrainReport report = trainer.fit(questions(), others());
  CHECK(report.stopped_early);
  CHECK(report.steps < 60);
  CHECK(heard == int(report.evaluations.size()));
  for (const Evaluation& evaluation : report.evaluations) CHECK(report.best.loss <= evaluation.loss);
  CHECK(report.evaluations.back().step - report.best.step == 3 * 2);
  CHECK(trainer.evaluate(others()).loss == Approx(report.best.loss).epsilon(1e-4));
  CHECK(evaluate(model, &adapter, others(), options).loss == trainer.evaluate(others()).loss);
  CHECK(trainer.evaluate(others()).tokens == report.best.tokens);
}

TEST_CASE("A trained adapter is saved as it is", "[api][train]") {
  const Model model = tiny_model();
  const TemporaryFolder folder;
  LoRAAdapter adapter = small_adapter(model);
  TrainOptions options = kFast;
  options.save_to = folder.path() / "result";
  Trainer(model, adapter, options).fit(questions());
  const Adapter loaded = Adapter::load(options.save_to, model);
  const std::vector<int32_t> ids = model.tokenizer().encode("What is 3?");
  CHECK(loaded.sites() == adapter.sites());
  CHECK(loaded.parameters() == adapter.parameters());
  CHECK(model.next_logits(ids, &loaded) == model.next_logits(ids, &adapter));
  CHECK(model.next_logits(ids, &loaded) != model.next_logits(ids));
}

TEST_CASE("A model that is being tuned is busy", "[api][train]") {
  Model model = tiny_model(Precision::automatic);
  const LoRAAdapter other = changing_adapter(model);
  Session session = model.session();
  TrainOptions options = kFast;
  options.max_steps = 1;
  int refused = 0;
  options.on_step = [&](const StepInfo&) {
    const auto is_refused = [&](const auto& use) {
      refused += refusal<ResourceError>(use).find("busy") != std::string::npos;
    };
    is_refused([&] { model.generate("Hello"); });
    is_refused([&] { session.ask("Hello"); });
    is_refused([&] { model.merge(other); });
    is_refused([&] { Trainer(model, {}).fit(questions()); });
    is_refused([&] { evaluate(model, nullptr, questions()); });
  };
  Trainer(model, options).fit(questions());
  CHECK(refused == 5);
  CHECK(!session.ask("Hello", {.max_tokens = 2, .ignore_end = true}).tokens.empty());

  LoRAAdapter adapter = small_adapter(model);
  options.on_step = [&](const StepInfo&) {
    CHECK_THROWS_AS(model.merge(other), ResourceError);
    CHECK_NOTHROW(model.generate("Hello", {.max_tokens = 1, .adapter = &adapter}));
  };
  Trainer(model, adapter, options).fit(questions());
}

TEST_CASE("A model stays usable, with what it has learned, when tuning it fails", "[api][train]") {
  Model model = tiny_model(Precision::automatic);
  const std::vector<int32_t> ids = model.tokenizer().encode("What is 3?");
  const std::vector<float> before = model.next_logits(ids);
  TrainOptions options = kFast;
  options.on_step = [](const StepInfo& step) {
    if (step.step == 3) throw std::runtime_error("the host's own");
  };
  CHECK_THROWS_WITH(Trainer(model, options).fit(questions()), "the host's own");
  CHECK(model.next_logits(ids) != before);
  for (const auto& [module, weight] : model.state()->trunk->parameters.all())
    CHECK((weight->kind() == Weight::Kind::vector || !weight->parameter()));
}

TEST_CASE("Other threads serve an adapter while it is trained", "[api][train][threads]") {
  const Model model = tiny_model(Precision::automatic);
  LoRAAdapter adapter = small_adapter(model);
  std::atomic<int> served{0};
  std::atomic<bool> failed{false};
  std::jthread server([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      const Generation result =
          model.generate("What is 3?", {.max_tokens = 2, .ignore_end = true, .adapter = &adapter});
      if (result.tokens.size() != 2) failed = true;
      ++served;
    }
  });
  TrainOptions options = kFast;
  options.on_step = [&](const StepInfo& step) {
    while (served < step.step && !failed) std::this_thread::yield();
  };
  const TrainReport report = Trainer(model, adapter, options).fit(questions());
  server.request_stop();
  server.join();
  CHECK_FALSE(failed);
  CHECK(served >= report.steps);

  LoRAAdapter alone = small_adapter(model);
  CHECK(Trainer(model, alone, kFast).fit(questions()).losses == report.losses);
  CHECK(values_of(alone) == values_of(adapter));
}

TEST_CASE("Data from which nothing can be learned is refused", "[api][train]") {
  const Model model = tiny_model();
  LoRAAdapter adapter = small_adapter(model);
  const Dataset unanswered = Dataset::from(std::vector<Example>{{.messages = {{"user", "Hello?"}}}});
  const std::string said = refusal<ArgumentError>([&] { Trainer(model, adapter).fit(unanswered); });
  CHECK(said.find("no example has a token to learn") != std::string::npos);
  CHECK_THROWS_AS(Trainer(model, adapter).fit(questions().take(0)), ArgumentError);
  CHECK_THROWS_AS(Trainer(model, adapter, {.max_length = 2}).fit(questions()), ArgumentError);
  CHECK(refusal<ArgumentError>([&] { Trainer(model, adapter, {.epochs = 0}); }).find("epochs is 0") !=
        std::string::npos);
}

TEST_CASE("Duplicates that a split removed are told", "[api][train]") {
  const Model model = tiny_model(Precision::automatic);
  LoRAAdapter adapter = small_adapter(model);
  std::vector<Example> examples;
  for (int i = 0; i < 8; ++i) examples.push_back({.prompt = "Number " + std::to_string(i % 4), .completion = " yes"});
  const auto [train, held_out] = Dataset::from(std::move(examples)).split(0.5);
  std::vector<std::string> heard;
  TrainOptions options = kFast;
  options.max_steps = 1;
  options.on_notice = [&](const std::string& text) { heard.push_back(text); };
  const TrainReport report = Trainer(model, adapter, options).fit(train, held_out);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].starts_with("4 duplicate examples"));
  CHECK(report.notices == heard);
}

TEST_CASE("A memory budget that is too small is named before anything is trained", "[api][train]") {
  const Model model = tiny_model();
  LoRAAdapter adapter = small_adapter(model);
  const std::vector<float> before = values_of(adapter);
  CHECK_THROWS_AS(Trainer(model, adapter, {.memory_budget = 1000}).fit(questions()), ResourceError);
  CHECK(values_of(adapter) == before);
  CHECK(Trainer(model, adapter).memory_estimate(questions()) > 1000);
}

}  // namespace graft
