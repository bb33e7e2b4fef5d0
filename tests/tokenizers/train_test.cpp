// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <random>

#include "graft/dataset.hpp"
#include "graft/error.hpp"
#include "graft/tokenizer.hpp"
#include "support/temporary_folder.hpp"
#include "tokenizers/loaded_tokenizer.hpp"
#include "tokenizers/read_lines.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;

const TokenizerKind kKinds[] = {TokenizerKind::byte_level_bpe, TokenizerKind::word_piece, TokenizerKind::unigram,
                                TokenizerKind::sentencepiece_bpe};

const Json& reference() {
  static const Json json = read_json(golden_path("tokenizer_training/merges.json"));
  return json;
}
std::vector<std::string> texts() { return reference()["texts"].get<std::vector<std::string>>(); }

TokenizerTrainOptions options_for(TokenizerKind kind) {
  return {.kind = kind, .vocabulary = 700, .character_coverage = 1, .max_token_length = 0};
}

Json files_of(const Tokenizer& tokenizer) { return tokenizer.loaded().files().tokenizer; }

void check_merges(const TokenizerTrainOptions& options, const char* name) {
  const Json made = files_of(Tokenizer::train(texts(), options))["model"]["merges"];
  CHECK(made == reference()[name]);
}

}  // namespace

TEST_CASE("Merges are those of the reference, in its order", "[tokenizers]") {
  TokenizerTrainOptions options = options_for(TokenizerKind::byte_level_bpe);
  options.vocabulary = 420;
  check_merges(options, "byte_level_bpe");
  options = options_for(TokenizerKind::sentencepiece_bpe);
  options.vocabulary = 400;
  options.byte_fallback = false;
  check_merges(options, "sentencepiece_bpe");
}

TEST_CASE("Neither threads nor the order of texts change a tokenizer", "[tokenizers]") {
  TokenizerTrainOptions options = options_for(GENERATE(from_range(std::begin(kKinds), std::end(kKinds))));
  std::vector<std::string> many;
  for (int i = 0; i < 20; ++i)
    for (const std::string& text : texts()) many.push_back(text);
  const Json first = files_of(Tokenizer::train(many, options));
  std::shuffle(many.begin(), many.end(), std::mt19937(7));
  options.threads = 3;
  CHECK(files_of(Tokenizer::train(many, options)) == first);
}

TEST_CASE("A trained tokenizer is one like any other", "[tokenizers]") {
  const TokenizerKind kind = GENERATE(from_range(std::begin(kKinds), std::end(kKinds)));
  TokenizerTrainOptions options = options_for(kind);
  options.special_tokens = {"<|user|>"};
  const Tokenizer trained = Tokenizer::train(texts(), options);
  CHECK(trained.vocabulary_size() <= options.vocabulary);
  const TemporaryFolder folder;
  trained.save(folder.path().string());
  const Tokenizer loaded = Tokenizer::load(folder.path().string());
  size_t bytes = 0, tokens = 0;
  for (const std::string& text : texts()) {
    const std::vector<int32_t> ids = trained.encode(text, {.special_tokens = false});
    CHECK(loaded.encode(text, {.special_tokens = false}) == ids);
    bytes += text.size();
    tokens += ids.size();
    if (kind == TokenizerKind::byte_level_bpe) CHECK(loaded.decode(ids) == text);
  }
  CHECK(static_cast<double>(bytes) > 2.5 * static_cast<double>(tokens));
  CHECK(loaded.is_special(*loaded.id("<|user|>")));
  const std::vector<int32_t> ids = trained.encode("the mill<|user|>", {.special_tokens = false});
  CHECK(ids.back() == loaded.id("<|user|>"));
  CHECK(loaded.decode(ids, {.skip_special = true}) == "the mill");
}

TEST_CASE("Special tokens stand around texts as the kind has it", "[tokenizers]") {
  const Tokenizer bert = Tokenizer::train(texts(), options_for(TokenizerKind::word_piece));
  CHECK(bert.pad() == 0);
  CHECK(bert.unk() == 1);
  const Encoding pair = bert.encode_pair("the mill", "the river");
  CHECK(pair.ids.front() == bert.id("[CLS]"));
  CHECK(pair.ids.back() == bert.id("[SEP]"));
  CHECK(std::count(pair.ids.begin(), pair.ids.end(), *bert.id("[SEP]")) == 2);
  CHECK(pair.type_ids.front() == 0);
  CHECK(pair.type_ids.back() == 1);
  CHECK(bert.decode(bert.encode("Füße 磨坊"), {.skip_special = true}) == "fuße 磨 坊");
  const Tokenizer t5 = Tokenizer::train(texts(), options_for(TokenizerKind::unigram));
  CHECK(t5.encode("the mill").back() == t5.eos());
  const Tokenizer llama = Tokenizer::train(texts(), options_for(TokenizerKind::sentencepiece_bpe));
  CHECK(llama.encode("the mill").front() == llama.bos());
  const Tokenizer gpt2 = Tokenizer::train(texts(), options_for(TokenizerKind::byte_level_bpe));
  CHECK(gpt2.eos() == gpt2.id("<|endoftext|>"));
}

TEST_CASE("Characters without a token are bytes, or unknown", "[tokenizers]") {
  TokenizerTrainOptions options = options_for(GENERATE(TokenizerKind::unigram, TokenizerKind::sentencepiece_bpe));
  options.character_coverage = 0.9;  // leaves out most of the Chinese
  const Tokenizer with_bytes = Tokenizer::train(texts(), options);
  const std::string text = "the mill \xE2\x82\xAC \xE9\xBE\x98 <0x41>";
  CHECK(with_bytes.decode(with_bytes.encode(text), {.skip_special = true}) == text);
  const std::vector<int32_t> ids = with_bytes.encode(text);
  CHECK(std::count(ids.begin(), ids.end(), *with_bytes.id("<0xE9>")) == 1);
  CHECK(std::count(ids.begin(), ids.end(), *with_bytes.id("<0x41>")) == 0);
  options.byte_fallback = false;
  const Tokenizer without = Tokenizer::train(texts(), options);
  CHECK_FALSE(without.id("<0xE9>"));
  const std::vector<int32_t> unknown = without.encode("\xE9\xBE\x98");
  CHECK(std::count(unknown.begin(), unknown.end(), *without.unk()) == 1);
}

TEST_CASE("A data set gives all of its texts", "[tokenizers]") {
  const Dataset data = Dataset::from(
      std::vector<Example>{{.messages = {{"user", "what flows past the mill"}, {"assistant", "the river"}}},
                           {.prompt = "the mill ", .completion = "stands still"},
                           {.text = "rain rain rain"}});
  const Tokenizer tokenizer = Tokenizer::train(data, {.vocabulary = 400});
  CHECK(tokenizer.id("rain"));
  CHECK(tokenizer.id("\xC4\xA0mill"));
}

TEST_CASE("Bytes that are no UTF-8 do no harm to training", "[tokenizers]") {
  const TokenizerKind kind = GENERATE(from_range(std::begin(kKinds), std::end(kKinds)));
  std::vector<std::string> given = texts();
  std::mt19937 random(4);
  for (int i = 0; i < 100; ++i) {
    std::string bytes(random() % 3000, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    given.push_back(bytes);
  }
  TokenizerTrainOptions options = options_for(kind);
  options.vocabulary = 6000;
  const Tokenizer tokenizer = Tokenizer::train(given, options);
  const TemporaryFolder folder;
  tokenizer.save(folder.path().string());
  CHECK(Tokenizer::load(folder.path().string()).vocabulary_size() == tokenizer.vocabulary_size());
}

TEST_CASE("Training can be stopped and reports its steps", "[tokenizers]") {
  TokenizerTrainOptions options = options_for(GENERATE(from_range(std::begin(kKinds), std::end(kKinds))));
  std::stop_source stop;
  options.cancel = stop.get_token();
  int counted = 0, learned = 0;
  options.on_step = [&](const TokenizerTrainStep& step) {
    const bool counts = step.stage == TokenizerTrainStep::Stage::counting;
    ++(counts ? counted : learned);
    if (counts) stop.request_stop();
  };
  const Tokenizer tokenizer = Tokenizer::train(texts(), options);
  CHECK(counted == 1);
  CHECK(learned <= 1);
  CHECK(tokenizer.encode("the mill").size() >= 2);
}

TEST_CASE("Options out of range are refused by name", "[tokenizers]") {
  const auto refuse = [](TokenizerTrainOptions options, const char* part) {
    CHECK_THROWS_AS(Tokenizer::train(texts(), options), ArgumentError);
    CHECK_THROWS_WITH(Tokenizer::train(texts(), options), Contains(part));
  };
  refuse({.vocabulary = 0}, "vocabulary is 0");
  refuse({.vocabulary = 256}, "expected at least 257");
  refuse({.kind = TokenizerKind::word_piece, .vocabulary = 20}, "vocabulary is 20");
  refuse({.min_count = 0}, "min_count");
  refuse({.character_coverage = 1.5}, "character_coverage");
  refuse({.max_token_length = -1}, "max_token_length");
  refuse({.threads = 0}, "threads");
  refuse({.special_tokens = {"<|endoftext|>"}}, "twice");
  refuse({.special_tokens = {""}}, "special token");
  CHECK_THROWS_WITH(Tokenizer::train(std::vector<std::string>{}, {}), Contains("no words"));
}

}  // namespace graft
