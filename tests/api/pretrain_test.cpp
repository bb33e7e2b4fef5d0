// SPDX-License-Identifier: Apache-2.0
//
// Fresh networks of each kind learn a handful of texts.
#include <catch2/catch.hpp>

#include "api/small_tokenizer.hpp"
#include "graft/error.hpp"
#include "graft/trainer.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

const char* const kBert = R"({"model_type": "bert", "architectures": ["%"], "vocab_size": 40, "hidden_size": 32,
  "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 32,
  "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.1})";
const char* const kT5 = R"({"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "vocab_size": 40,
  "d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2, "dropout_rate": 0.0,
  "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1})";
const char* const kTranslator = R"({"model_type": "marian", "architectures": ["MarianMTModel"], "vocab_size": 40,
  "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
  "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 32, "activation_function": "relu",
  "dropout": 0.0, "decoder_start_token_id": 0, "pad_token_id": 0, "scale_embedding": true, "init_std": 0.1})";

const char* const kBart = R"({"model_type": "bart", "architectures": ["BartForConditionalGeneration"], "vocab_size": 40,
  "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
  "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 32, "dropout": 0.0,
  "decoder_start_token_id": 3, "pad_token_id": 0, "init_std": 0.1})";
const char* const kElectra = R"({"model_type": "electra", "architectures": ["ElectraForPreTraining"], "vocab_size": 40,
  "hidden_size": 32, "embedding_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
  "max_position_embeddings": 32, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
  "initializer_range": 0.1})";

std::string config(std::string text, const std::string& architecture) {
  return text.replace(text.find('%'), 1, architecture);
}

SmallTokenizer t5_tokenizer() {
  SmallTokenizer of = bert_tokenizer();
  of.specials = {"<pad>", "</s>", "<unk>", "<extra_id_0>", "<extra_id_1>", "<extra_id_2>"};
  of.before = of.between = "";
  of.after = of.end = "</s>";
  return of;
}

Dataset texts(const std::vector<std::string>& of) {
  std::vector<Example> examples;
  for (const std::string& text : of) examples.push_back({.text = text});
  return Dataset::from(std::move(examples));
}

Dataset films() {
  return texts({"the film was very good. anna saw the film.", "the book was bad. bob walked in rome.",
                "anna lives in rome. the play was good.", "bob saw a red book. the book was not bad."});
}

struct Pretrained {
  Pretrained(const std::string& config, const SmallTokenizer& tokenizer)
      : model(Model::create(config, Tokenizer::load(write_tokenizer(folder.path(), tokenizer).string()), 3,
                            {.threads = 2})) {}

  TemporaryFolder folder;
  Model model;
};

// The mean loss of the last steps over that of the first.
float fall(const TrainReport& report) {
  const size_t part = report.losses.size() / 8;
  double first = 0, last = 0;
  for (size_t i = 0; i < part; ++i) {
    first += report.losses[i];
    last += report.losses[report.losses.size() - 1 - i];
  }
  return float(last / first);
}

TrainOptions quick() { return {.epochs = 120, .batch = 4, .learning_rate = 3e-3f, .schedule = Schedule::constant}; }

}  // namespace

TEST_CASE("A masked model learns its texts, by tokens or by whole words", "[api][train]") {
  Pretrained bert(config(kBert, "BertForMaskedLM"), bert_tokenizer());
  TrainOptions options = quick();
  options.corruption.whole_words = GENERATE(false, true);
  Trainer trainer(bert.model, options);
  const float before = trainer.evaluate(films()).loss;
  CHECK(fall(trainer.fit(films())) < 0.5f);
  CHECK(trainer.evaluate(films()).loss < 0.6f * before);
}

TEST_CASE("Long texts are learned in parts, and none is lost", "[api][train]") {
  Pretrained bert(config(kBert, "BertForMaskedLM"), bert_tokenizer());
  std::string text;
  for (int i = 0; i < 40; ++i) text += "the film was good ";
  const Trainer trainer(bert.model, TrainOptions{});
  size_t words = 0;
  for (const std::vector<PreviewToken>& row : trainer.preview(texts({text}))) {
    CHECK(row.size() <= 32);
    words += row.size() - 2;
  }
  CHECK(words == 160);
}

TEST_CASE("Hidden words and next sentences are learned together", "[api][train]") {
  Pretrained bert(config(kBert, "BertForPreTraining"), bert_tokenizer());
  const Dataset documents = texts({"the film was good\nanna saw the film\nthe film was not bad",
                                   "bob lives in rome\nrome is red\nbob walked in rome"});
  CHECK(fall(Trainer(bert.model, quick()).fit(documents)) < 0.6f);
  CHECK(refusal<ArgumentError>([&] { Trainer(bert.model, quick()).fit(texts({"one line"})); }) ==
        "training: the texts have 1 lines, expected pairs of lines that follow each other");
}

TEST_CASE("A model tells which sentence follows which", "[api][train]") {
  Pretrained bert(config(kBert, "BertForPreTraining"), bert_tokenizer());
  std::vector<std::string> documents;
  for (int i = 0; i < 40; ++i) documents.insert(documents.end(), {"the good\nfilm one", "a red\nbook two"});
  TrainOptions options = quick();
  options.epochs = 40;
  options.learning_rate = 1e-3f;
  Trainer(bert.model, options).fit(texts(documents));
  CHECK(bert.model.follows("the good", "film one") > bert.model.follows("the good", "book two") + 0.2f);
  CHECK(bert.model.follows("a red", "book two") > bert.model.follows("a red", "film one") + 0.2f);
  const Pretrained masked(config(kBert, "BertForMaskedLM"), bert_tokenizer());
  CHECK(refusal<UnsupportedError>([&] { masked.model.follows("the good", "film one"); }) ==
        "follows: the model is a BertForMaskedLM, which does not tell whether texts follow each other");
}

TEST_CASE("An encoder-decoder learns the spans that were hidden from it", "[api][train]") {
  Pretrained t5(kT5, t5_tokenizer());
  TrainOptions options = quick();
  options.corruption.mean_span = 2;
  CHECK(fall(Trainer(t5.model, options).fit(films())) < 0.5f);
}

TEST_CASE("An encoder-decoder learns to mend texts", "[api][train]") {
  Pretrained bart(kBart, bert_tokenizer());
  TrainOptions options = quick();
  options.corruption.share = 0.3f;
  CHECK(fall(Trainer(bart.model, options).fit(films())) < 0.5f);
}

TEST_CASE("A discriminator learns which tokens were replaced, at random or by a masked model", "[api][train]") {
  Pretrained electra(kElectra, bert_tokenizer());
  Pretrained generator(config(kBert, "BertForMaskedLM"), bert_tokenizer());
  TrainOptions options = quick();
  options.learning_rate = 1e-3f;
  options.corruption.generator = GENERATE(false, true) ? &generator.model : nullptr;
  Trainer trainer(electra.model, options);
  const float before = trainer.evaluate(films()).loss;
  CHECK(fall(trainer.fit(films())) < 0.5f);
  CHECK(trainer.evaluate(films()).loss < 0.6f * before);
}

TEST_CASE("A generator is a masked model, and serves a model that finds its tokens", "[api][train]") {
  Pretrained bert(config(kBert, "BertForMaskedLM"), bert_tokenizer()), electra(kElectra, bert_tokenizer());
  TrainOptions options = quick();
  options.corruption.generator = &electra.model;
  CHECK(refusal<ArgumentError>([&] { Trainer(electra.model, options).fit(films()); }) ==
        "CorruptionOptions: the generator is a ElectraForPreTraining, expected a masked model");
  options.corruption.generator = &bert.model;
  CHECK(refusal<ArgumentError>([&] { Trainer(bert.model, options).fit(films()); }) ==
        "CorruptionOptions: the generator is for a model that finds replaced tokens, not a BertForMaskedLM");
}

TEST_CASE("A translator learns its pairs with smoothed labels, and writes them", "[api][train]") {
  Pretrained translator(kTranslator, t5_tokenizer());
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"the film was good", "one two red"}, {"bob lives in rome", "blue two"}, {"anna saw the book", "red red one"}};
  std::vector<Example> examples;
  for (const auto& [source, target] : pairs) examples.push_back({.prompt = source, .completion = target});
  TrainOptions options = quick();
  options.schedule = Schedule::inverse_sqrt;
  options.warmup_steps = 20;
  options.label_smoothing = 0.1f;
  options.batch = 3;
  options.epochs = 300;
  options.learning_rate = 1e-2f;
  const TrainReport report = Trainer(translator.model, options).fit(Dataset::from(std::move(examples)));
  CHECK(fall(report) < 0.5f);
  for (const int beams : {1, 4})
    for (const auto& [source, target] : pairs)
      CHECK(translator.model.generate(source, {.max_tokens = 8, .beams = beams}).text == target);
}

TEST_CASE("What matches a frozen pattern stays, bit for bit", "[api][train]") {
  Pretrained bert(config(kBert, "BertForMaskedLM"), bert_tokenizer());
  const std::vector<float> before = bert.model.embed("the film");
  TrainOptions options = quick();
  options.epochs = 3;
  options.frozen = {R"(bert\..*)"};
  Trainer(bert.model, options).fit(films());
  CHECK(bert.model.embed("the film") == before);
  options.frozen = {R"(bert\.embeddings\..*)"};
  Trainer(bert.model, options).fit(films());
  CHECK(bert.model.embed("the film") != before);
}

TEST_CASE("What cannot be pretrained is refused by name", "[api][train]") {
  SmallTokenizer plain = t5_tokenizer();
  plain.specials = {"<pad>", "</s>", "<unk>"};
  Pretrained unmasked(config(kBert, "BertForMaskedLM"), t5_tokenizer()), t5(kT5, plain),
      headless(config(kBert, "BertModel"), bert_tokenizer());
  CHECK(refusal<UnsupportedError>([&] { Trainer(unmasked.model, quick()).fit(films()); }) ==
        "training: the tokenizer has no mask token, expected [MASK] or <mask>");
  CHECK(refusal<UnsupportedError>([&] {
          Trainer(t5.model, quick()).fit(films());
        }).starts_with("training: the tokenizer has no tokens <extra_id_0>"));
  CHECK(refusal<ArgumentError>([&] { Trainer(headless.model, quick()).fit(films()); }) ==
        "example 1: expected two texts, as text and second: the model is a BertModel, which embeds");
  const std::vector<Example> mixed = {{.prompt = "red", .completion = "one"}, {.text = "the film was good"}};
  CHECK(refusal<ArgumentError>([&] { Trainer(t5.model, quick()).fit(Dataset::from(mixed)); }) ==
        "example 2: has no completion, expected all examples to have one, or none");
}

}  // namespace graft
