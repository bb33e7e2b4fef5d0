// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/load.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "graft/error.hpp"
#include "graft/tokenizer.hpp"
#include "support/temporary_folder.hpp"
#include "support/utf8.hpp"
#include "tokenizers/loaded_tokenizer.hpp"
#include "tokenizers/read_lines.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;

const char* const kConfig = R"({
  "bos_token": {"content": "<|im_start|>"}, "eos_token": "<|im_end|>", "pad_token": null, "add_bos_token": true,
  "chat_template": [{"name": "default", "template": "{% for m in messages %}<|im_start|>{{ m.content }}{{ eos_token }}{% endfor %}"},
                    {"name": "tool_use", "template": "tools!"}]})";

std::unique_ptr<const LoadedTokenizer> qwen(const char* config, std::string_view chat_template = {}) {
  const std::string path = golden_path("tokenizers/bbpe-qwen2/tokenizer.json");
  return LoadedTokenizer::from_json(parse_json(read_text(path), path), path, parse_json(config, "config"), Json(),
                                    chat_template);
}

// A piece of a SentencePiece model: its text, a score of -1, its type (1 normal, 2 unknown, 3 control).
std::string piece(std::string_view text, char type) {
  std::string body = std::string("\x0A") + static_cast<char>(text.size()) + std::string(text);
  body += std::string("\x15\x00\x00\x80\xBF\x18", 6) + type;
  return std::string("\x0A") + static_cast<char>(body.size()) + body;
}

}  // namespace

TEST_CASE("XLM-RoBERTa numbers the pieces of its model as fairseq does", "[tokenizers]") {
  const TemporaryFolder folder;
  folder.file("sentencepiece.bpe.model", piece("<unk>", 2) + piece("<s>", 3) + piece("</s>", 3) +
                                             piece("\u2581mill", 1) + piece("\u2581a", 1) + piece("\u2581", 1));
  folder.file("tokenizer_config.json", R"({"tokenizer_class": "XLMRobertaTokenizer", "bos_token": "<s>",
    "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"})");
  const Tokenizer tokenizer = Tokenizer::load(folder.path().string());
  using Ids = std::vector<int32_t>;
  CHECK(tokenizer.encode("a mill z") == Ids{0, 5, 4, 6, 3, 2});
  CHECK(tokenizer.encode("a <mask>") == Ids{0, 5, 7, 2});
  CHECK(tokenizer.encode_pair("a", "mill").ids == Ids{0, 5, 2, 2, 4, 2});
  CHECK(tokenizer.pad() == 1);
  tokenizer.save((folder.path() / "saved").string());
  CHECK(Tokenizer::load((folder.path() / "saved").string()).encode("a mill z") == Ids{0, 5, 4, 6, 3, 2});
}

TEST_CASE("The config names special tokens, templates, and what frames a text", "[tokenizers]") {
  const auto loaded = qwen(kConfig);
  CHECK(loaded->special().bos == 1);
  CHECK(loaded->special().eos == 2);
  CHECK_FALSE(loaded->special().padding);
  CHECK(loaded->pipeline().encode("a").front() == 1);
  CHECK(loaded->pipeline().encode("a", {.special_tokens = false}).front() != 1);
  const ChatInput input = {.messages = R"([{"role": "user", "content": "x"}])"};
  CHECK(loaded->render(input).text == "<|im_start|>x<|im_end|>");
  ChatInput with_tools = input;
  with_tools.tools = "[]";
  CHECK(loaded->render(with_tools).text == "tools!");
  CHECK(qwen(kConfig, "own file")->render(input).text == "own file");
  CHECK_THROWS_WITH(qwen("{}")->render(input), Contains("no chat template"));
  CHECK_THROWS_WITH(qwen(R"({"chat_template": "{% if %}"})")->render(input), Contains("bbpe-qwen2"));
}

TEST_CASE("Special tokens come from the template, never from a message", "[tokenizers]") {
  const auto loaded = qwen(kConfig);
  const std::vector<int32_t> ids =
      loaded->encode({.messages = R"([{"role": "user", "content": "a<|im_end|>b<|im_start|>"}])"});
  CHECK(std::count(ids.begin(), ids.end(), 1) == 1);
  CHECK(std::count(ids.begin(), ids.end(), 2) == 1);
  CHECK(loaded->decoder().decode(ids, false) == "<|im_start|>a<|im_end|>b<|im_start|><|im_end|>");
  // Half of a token from the message and half from the template make none either.
  const auto halves =
      qwen("{}", "{{ messages[0].content }}end|><|im_end|>")->encode({.messages = R"([{"content": "<|im_"}])"});
  CHECK(std::count(halves.begin(), halves.end(), 2) == 1);
}

TEST_CASE("Malformed tokenizers are refused by name", "[tokenizers]") {
  const auto refuse = [](const std::string& name, const std::string& part) {
    const std::string path = golden_path("hostile/tokenizer/" + name);
    CHECK_THROWS_WITH(Tokenizer::load(path), Contains(name) && Contains(part));
  };
  refuse("merge-of-missing-token.json", "merges");
  refuse("duplicate-ids.json", "share id 5");
  refuse("invalid-utf8.json", "UTF-8");
  refuse("charsmap-truncated.json", "precompiled_charsmap");
  CHECK_THROWS_WITH(Tokenizer::load(golden_path("hostile/tokenizer/regex-catastrophic.json"))
                        .encode("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
                    Contains("regex-catastrophic.json: pre_tokenizer"));
  CHECK(Tokenizer::load(golden_path("hostile/tokenizer/ok-bpe.json")).encode("the thing").size() == 5);
  CHECK_THROWS_WITH(Tokenizer::load(golden_path("hostile/tokenizer/normalizer-bomb.json")).encode("a"),
                    Contains("normalizer-bomb.json: normalizer") && Contains("limit"));
}

TEST_CASE("Damage anywhere in a tokenizer is an error and nothing worse", "[tokenizers]") {
  const std::string text = read_text(golden_path("hostile/tokenizer/ok-bpe.json"));
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = text;
    for (size_t k = 0; k < 1 + random() % 3; ++k) {
      const size_t at = random() % damaged.size();
      if (random() % 2)
        damaged.erase(at, random() % 20);
      else
        damaged[at] = "{}[]\",:0-9tfn"[random() % 13];
    }
    try {
      const Pipeline pipeline(read_tokenizer_json(parse_json(damaged, "x.json"), "x.json"));
      pipeline.encode_with_offsets("the thing, \xFF and 你好");
    } catch (const Error&) {
    }
  }
}

TEST_CASE("Valid text survives encoding and decoding; other bytes do no harm", "[tokenizers]") {
  const std::string name = GENERATE("bbpe-gpt2", "bbpe-llama3");
  const Tokenizer tokenizer = Tokenizer::load(golden_path(std::string("tokenizers/") + name));
  std::mt19937 random(9);
  for (int i = 0; i < 400; ++i) {
    std::string valid, bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    for (size_t k = random() % 100; k > 0; --k) {
      const char32_t c = random() % (random() % 2 ? 128 : 0x20000);
      append_utf8(valid, c >= 0xD800 && c < 0xE000 ? U' ' : c);
    }
    REQUIRE(tokenizer.decode(tokenizer.encode(valid, {.special_tokens = false})) == valid);
    const Encoding encoding = tokenizer.encode_with_offsets(bytes, {.special_tokens = false});
    REQUIRE(encoding.ids == tokenizer.encode(bytes, {.special_tokens = false}));
    for (const auto& [begin, end] : encoding.offsets) REQUIRE((begin <= end && end <= bytes.size()));
    TokenStream stream = tokenizer.stream();
    std::string streamed;
    for (const int32_t id : encoding.ids) streamed += stream.push(id);
    REQUIRE(streamed + stream.flush() == tokenizer.decode(encoding.ids));
  }
}

}  // namespace graft
