// SPDX-License-Identifier: Apache-2.0
//
// The published behaviour of tokenizers, line by line against the reference library.
#include "graft/model.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <random>

#include "support/temporary_folder.hpp"
#include "tokenizers/read_lines.hpp"

namespace graft {
namespace {

using Spans = std::vector<std::pair<uint32_t, uint32_t>>;

const char* const kNames[] = {"bbpe-gpt2",       "bbpe-llama3",   "bbpe-added",
                              "bbpe-qwen2",      "bbpe-roberta",  "wordpiece-uncased",
                              "wordpiece-added", "sp-bpe-llama2", "unigram-charsmap"};

std::string folder(const std::string& name) { return golden_path("tokenizers/" + name); }

}  // namespace

TEST_CASE("Texts become the reference's tokens, with offsets, and back", "[tokenizers]") {
  const std::string name = GENERATE(from_range(std::begin(kNames), std::end(kNames)));
  const Tokenizer tokenizer = Tokenizer::load(folder(name));
  for (const Json& line : read_lines(folder(name) + "/cases.jsonl")) {
    const std::string text = line["text"].text();
    INFO(name << ": " << line["text"].dump());
    const Encoding encoding = tokenizer.encode_with_offsets(text);
    const auto ids = line["ids"].get<std::vector<int32_t>>();
    CHECK(encoding.ids == ids);
    CHECK(tokenizer.encode(text) == ids);
    CHECK(tokenizer.encode(text, {.special_tokens = false}) == line.value("ids_plain", ids));
    CHECK(encoding.character_offsets == line["offsets"].get<Spans>());
    CHECK(encoding.offsets == line.value("byte_offsets", line["offsets"]).get<Spans>());
    CHECK(tokenizer.decode(ids) == line["decoded"]);
    CHECK(tokenizer.decode(ids, {.skip_special = true}) == line.value("decoded_skip", line["decoded"]));
  }
}

TEST_CASE("Pairs get types, sequences and masks", "[tokenizers]") {
  const std::string name = GENERATE(from_range(std::begin(kNames), std::end(kNames)));
  const Tokenizer tokenizer = Tokenizer::load(folder(name));
  for (const Json& line : read_lines(folder(name) + "/pairs.jsonl")) {
    INFO(name << ": " << line["a"].dump() << " and " << line["b"].dump());
    const Encoding encoding = tokenizer.encode_pair(line["a"].get<std::string>(), line["b"].get<std::string>());
    CHECK(encoding.ids == line["ids"].get<std::vector<int32_t>>());
    CHECK(encoding.type_ids == line["type_ids"].get<std::vector<int32_t>>());
    CHECK(encoding.special_mask == line["special_mask"].get<std::vector<uint8_t>>());
    CHECK(encoding.character_offsets == line["offsets"].get<Spans>());
    for (size_t i = 0; i < encoding.sequence.size(); ++i)
      CHECK(encoding.sequence[i] == (line["sequence"][i].is_null() ? -1 : line["sequence"][i].get<int>()));
  }
}

TEST_CASE("Any ids can be decoded", "[tokenizers]") {
  const std::string name = GENERATE(from_range(std::begin(kNames), std::end(kNames)));
  const Tokenizer tokenizer = Tokenizer::load(folder(name));
  for (const Json& line : read_lines(folder(name) + "/decode.jsonl")) {
    const auto ids = line["ids"].get<std::vector<int32_t>>();
    CHECK(tokenizer.decode(ids) == line["decoded"]);
    CHECK(tokenizer.decode(ids, {.skip_special = true}) == line.value("decoded_skip", line["decoded"]));
  }
  CHECK(tokenizer.decode(std::vector<int32_t>{-1, 1 << 30}).empty());
}

TEST_CASE("A stream hands out whole characters as soon as they are there", "[tokenizers]") {
  const std::string name = GENERATE(from_range(std::begin(kNames), std::end(kNames)));
  const Tokenizer tokenizer = Tokenizer::load(folder(name));
  for (const Json& line : read_lines(folder(name) + "/stream.jsonl")) {
    INFO(name << ": " << line["ids"].dump());
    const auto ids = line["ids"].get<std::vector<int32_t>>();
    const DecodeOptions options = {.skip_special = line["skip_special"].get<bool>()};
    TokenStream stream = tokenizer.stream(options);
    std::string all;
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::string piece = stream.push(ids[i]);
      CHECK(piece == (line["pieces"][i].is_null() ? "" : line["pieces"][i].get<std::string>()));
      all += piece;
    }
    CHECK(all + stream.flush() == tokenizer.decode(ids, options));
  }
}

TEST_CASE("A batch on several threads is what its texts are one by one", "[tokenizers]") {
  const Tokenizer tokenizer = Tokenizer::load(folder("bbpe-llama3"));
  std::vector<std::string> texts;
  for (const Json& line : read_lines(folder("bbpe-llama3") + "/cases.jsonl")) texts.push_back(line["text"].text());
  const std::vector<std::vector<int32_t>> batch = tokenizer.encode_batch(texts, {}, 4);
  REQUIRE(batch.size() == texts.size());
  for (size_t i = 0; i < texts.size(); ++i) CHECK(batch[i] == tokenizer.encode(texts[i]));
  CHECK(tokenizer.encode_batch(texts, {}, 1) == batch);
  CHECK_THROWS_AS(tokenizer.encode_batch(texts, {}, 0), ArgumentError);
}

TEST_CASE("Truncation counts the special tokens", "[tokenizers]") {
  const Tokenizer tokenizer = Tokenizer::load(folder("bbpe-roberta"));
  const std::string text = "The second one is rather longer than the others.";
  const std::vector<int32_t> all = tokenizer.encode(text);
  const std::vector<int32_t> cut = tokenizer.encode(text, {.truncate = 6});
  REQUIRE(cut.size() == 6);
  CHECK(std::equal(cut.begin(), cut.begin() + 5, all.begin()));
  CHECK(cut.back() == all.back());
  CHECK(tokenizer.encode_with_offsets(text, {.truncate = 6}).ids == cut);
  const std::vector<int32_t> tail = tokenizer.encode(text, {.truncate = 6, .truncate_from = TextSide::left});
  CHECK(std::equal(tail.begin() + 1, tail.end(), all.end() - 5));
  CHECK_THROWS_AS(tokenizer.encode(text, {.truncate = 1}), ArgumentError);
}

TEST_CASE("The vocabulary can be asked", "[tokenizers]") {
  const Tokenizer tokenizer = Tokenizer::load(folder("bbpe-added"));
  CHECK(tokenizer.vocabulary_size() == 711);
  CHECK(tokenizer.token(700) == "<|sys|>");
  CHECK(tokenizer.id("<|sys|>") == 700);
  CHECK_FALSE(tokenizer.id("no such token"));
  CHECK(tokenizer.is_special(700));
  CHECK_FALSE(tokenizer.is_special(705));
  CHECK_THROWS_AS(tokenizer.token(711), ArgumentError);
  CHECK_FALSE(tokenizer.has_chat_template());
  const std::vector<Message> messages = {{"user", "Hi"}};
  CHECK_THROWS_WITH(tokenizer.render_chat_template(messages), Catch::Matchers::Contains("has no chat template"));
}

TEST_CASE("Special tokens in a text can be left as text", "[tokenizers]") {
  const Tokenizer tokenizer = Tokenizer::load(folder("bbpe-added"));
  const std::string text = "a<|sys|>keyword";
  CHECK(tokenizer.encode(text)[1] == 700);
  const std::vector<int32_t> plain = tokenizer.encode(text, {.parse_special = false});
  CHECK(std::count(plain.begin(), plain.end(), 700) == 0);
  CHECK(plain.back() == 705);  // an added token, but not a special one
  CHECK(tokenizer.decode(plain) == text);
}

TEST_CASE("What is saved loads as the same tokenizer", "[tokenizers]") {
  const std::string name = GENERATE(from_range(std::begin(kNames), std::end(kNames)));
  const TemporaryFolder saved;
  Tokenizer::load(folder(name)).save(saved.path().string());
  const Tokenizer again = Tokenizer::load(saved.path().string());
  for (const Json& line : read_lines(folder(name) + "/cases.jsonl")) {
    const std::vector<int32_t> ids = again.encode(line["text"].get<std::string>());
    CHECK(Json(ids) == line["ids"]);
    CHECK(again.decode(ids) == line["decoded"]);
  }
}

TEST_CASE("The vocabulary of a GGUF file is a tokenizer", "[tokenizers]") {
  const std::string path = GRAFT_GOLDEN "/gguf/llama-q8_0.gguf";
  const Tokenizer tokenizer = Tokenizer::load(path);
  CHECK(tokenizer.encode("Some text.") == Model::load(path).tokenizer().encode("Some text."));
  CHECK_THROWS_AS(Tokenizer::load(path + ".gguf"), FileError);
}

TEST_CASE("A vocab.txt, and a vocab.json with merges.txt, are whole tokenizers", "[tokenizers]") {
  const std::string name = GENERATE("wordpiece-uncased", "bbpe-gpt2", "bbpe-roberta");
  const Json json = read_json(folder(name) + "/tokenizer.json"), &model = json["model"];
  const TemporaryFolder older;
  const auto write = [&](const char* file) { return std::ofstream(older.path() / file, std::ios::binary); };
  if (model["type"] == "WordPiece") {
    std::map<int32_t, std::string> words;
    for (const auto& [text, id] : model["vocab"].items()) words[id.get<int32_t>()] = text;
    std::ofstream out = write("vocab.txt");
    for (const auto& [id, text] : words) out << text << "\n";
  } else {
    write("vocab.json") << model["vocab"].dump();
    std::ofstream out = write("merges.txt");
    out << "#version: 0.2\n";
    for (const Json& merge : model["merges"])
      out << (merge.is_string() ? merge.get<std::string>()
                                : merge[0].get<std::string>() + " " + merge[1].get<std::string>())
          << "\r\n";
  }
  write("tokenizer_config.json") << Json{{"add_prefix_space", name == std::string("bbpe-roberta")}}.dump();
  const Tokenizer tokenizer = Tokenizer::load(older.path().string());
  for (const Json& line : read_lines(folder(name) + "/cases.jsonl"))
    CHECK(Json(tokenizer.encode(line["text"].get<std::string>())) == line["ids"]);
}

TEST_CASE("Offsets lie in the text, whatever its bytes are", "[tokenizers]") {
  const std::string name = GENERATE(from_range(std::begin(kNames), std::end(kNames)));
  const Tokenizer tokenizer = Tokenizer::load(folder(name));
  std::mt19937 random(8);
  for (int i = 0; i < 200; ++i) {
    std::string text(random() % 80, '\0');
    for (char& c : text) c = static_cast<char>(random() % 2 ? random() : 'a' + random() % 4);
    const Encoding encoding = tokenizer.encode_with_offsets(text);
    REQUIRE(encoding.ids == tokenizer.encode(text));
    for (const auto& [begin, end] : encoding.offsets) REQUIRE((begin <= end && end <= text.size()));
  }
}

}  // namespace graft
