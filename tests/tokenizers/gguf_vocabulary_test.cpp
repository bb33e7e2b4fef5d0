// SPDX-License-Identifier: Apache-2.0
//
// The vocabularies of GGUF files give the tokens that the files do from which they are made.
#include <catch2/catch.hpp>

#include "formats/sentencepiece.hpp"
#include "graft/error.hpp"
#include "support/mapped_file.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/read_lines.hpp"
#include "tokenizers/section_writers.hpp"

namespace graft {
namespace {

using Catch::Matchers::Contains;

Json read_tokenizer(const std::string& name) {
  const std::string path = golden_path("tokenizers/" + name + "/tokenizer.json");
  return parse_json(read_text(path), path);
}

void check_cases(const Pipeline& pipeline, const std::string& name, const char* file = "cases.jsonl",
                 PipelineOptions options = {}) {
  for (const Json& line : read_lines(golden_path("tokenizers/" + name + "/" + file)))
    CHECK(Json(pipeline.encode(line["text"].get<std::string>(), options)) == line["ids"]);
}

// A vocabulary with all that it refers to.
struct Owned {
  std::vector<std::string> texts;
  GgufVocabulary vocabulary;

  void refer() { vocabulary.tokens.assign(texts.begin(), texts.end()); }
};

Owned byte_level() {
  const Json json = read_tokenizer("bbpe-qwen2");
  const Pipeline expected(read_tokenizer_json(json, "x"));
  Owned owned;
  for (int32_t id = 0; id < expected.vocabulary().size(); ++id)
    owned.texts.emplace_back(expected.vocabulary().text(id));
  static const std::vector<std::string> merges = json["model"]["merges"].get<std::vector<std::string>>();
  owned.vocabulary.merges.assign(merges.begin(), merges.end());
  owned.vocabulary.model = "gpt2";
  owned.vocabulary.pre = "qwen2";
  owned.vocabulary.token_types.assign(owned.texts.size(), 1);
  for (size_t id = 0; id < 3; ++id) owned.vocabulary.token_types[id] = 3;
  owned.vocabulary.bos = 0;
  owned.refer();
  return owned;
}

Owned sentencepiece(const std::string& name, const char* kind) {
  const MappedFile file = MappedFile::open(golden_path("tokenizers/" + name + "/tokenizer.model"));
  const SentencePieceModel model = read_sentencepiece(file.bytes(), file.name());
  Owned owned;
  owned.texts.assign(model.pieces.begin(), model.pieces.end());
  owned.vocabulary.model = kind;
  owned.vocabulary.scores = model.scores;
  for (const TokenType type : model.types) owned.vocabulary.token_types.push_back(static_cast<int32_t>(type));
  owned.vocabulary.charsmap = model.charsmap;
  owned.vocabulary.add_space_prefix = model.adds_prefix;
  owned.vocabulary.remove_extra_whitespaces = model.removes_extra_spaces;
  owned.vocabulary.bos = owned.vocabulary.eos = 1;
  owned.refer();
  return owned;
}

}  // namespace

TEST_CASE("A byte-level vocabulary", "[tokenizers]") {
  Owned owned = byte_level();
  check_cases(Pipeline(read_gguf_vocabulary(owned.vocabulary, "x.gguf")), "bbpe-qwen2");
  owned.vocabulary.add_bos = true;
  CHECK(Pipeline(read_gguf_vocabulary(owned.vocabulary, "x.gguf")).encode("a").front() == 0);
  owned.vocabulary.bos = 5000;
  CHECK_THROWS_WITH(read_gguf_vocabulary(owned.vocabulary, "x.gguf"), Contains("x.gguf") && Contains("bos_token_id"));
  owned.vocabulary.pre = "mystery";
  CHECK_THROWS_AS(read_gguf_vocabulary(owned.vocabulary, "x.gguf"), UnsupportedError);
  owned.vocabulary.model = "rwkv";
  CHECK_THROWS_WITH(read_gguf_vocabulary(owned.vocabulary, "x.gguf"), Contains("tokenizer model \"rwkv\""));
}

TEST_CASE("SentencePiece's two kinds of models", "[tokenizers]") {
  const PipelineOptions plain = {.special_tokens = false, .parse_special = false};
  for (const auto& [name, kind] : {std::pair("sp-bpe-llama2", "llama"), std::pair("unigram-charsmap", "t5")}) {
    const Owned owned = sentencepiece(name, kind);
    const Pipeline pipeline(read_gguf_vocabulary(owned.vocabulary, "x.gguf"));
    check_cases(pipeline, name, "sentencepiece.jsonl", plain);
    const std::vector<int32_t> framed = pipeline.encode("a");
    CHECK((std::string(kind) == "llama" ? framed.front() : framed.back()) == 1);
  }
  Owned short_of_scores = sentencepiece("sp-bpe-llama2", "llama");
  short_of_scores.vocabulary.scores.pop_back();
  CHECK_THROWS_WITH(read_gguf_vocabulary(short_of_scores.vocabulary, "x.gguf"), Contains("tokenizer.ggml.scores"));
}

TEST_CASE("Symbols of the user are found whatever stands around them", "[tokenizers]") {
  Owned owned = sentencepiece("sp-bpe-llama2", "llama");
  owned.texts.back() = "a  b";
  owned.refer();
  owned.vocabulary.token_types.back() = 4;
  const Pipeline pipeline(read_gguf_vocabulary(owned.vocabulary, "x.gguf"));
  const auto last = static_cast<int32_t>(owned.texts.size()) - 1;
  const std::vector<int32_t> ids = pipeline.encode("xa  bx", {.special_tokens = false});
  CHECK(std::count(ids.begin(), ids.end(), last) == 1);
  CHECK(pipeline.decoder().decode(ids, false) == "xa  bx");
}

TEST_CASE("BERT's word pieces, whose beginnings are marked rather than what follows", "[tokenizers]") {
  const Pipeline expected(read_tokenizer_json(read_tokenizer("wordpiece-uncased"), "x"));
  Owned owned;
  owned.vocabulary.model = "bert";
  for (int32_t id = 0; id < expected.vocabulary().size(); ++id) {
    const std::string text(expected.vocabulary().text(id));
    const bool is_special = expected.decoder().is_special(id);
    owned.texts.push_back(is_special ? text : text.starts_with("##") ? text.substr(2) : kSpaceMark + text);
    owned.vocabulary.token_types.push_back(is_special ? 3 : 1);
  }
  owned.refer();
  check_cases(Pipeline(read_gguf_vocabulary(owned.vocabulary, "x.gguf")), "wordpiece-uncased");
}

}  // namespace graft
