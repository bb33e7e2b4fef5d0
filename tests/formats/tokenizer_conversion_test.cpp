// SPDX-License-Identifier: Apache-2.0
#include "formats/tokenizer_conversion.hpp"

#include <catch2/catch.hpp>

#include "formats/gguf.hpp"
#include "models/gguf_vocabulary.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace graft {
namespace {

PublishedTokenizer small_tokenizer() {
  return {parse_json(R"({
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "<e>": 4}, "merges": [["a", "b"]]},
    "added_tokens": [{"id": 4, "content": "<e>", "special": true}, {"id": 5, "content": "<u>", "special": false}],
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},
                                                             {"type": "ByteLevel", "use_regex": true}]}})",
                     "tokenizer.json"),
          parse_json(R"({"eos_token": {"content": "<e>"}, "bos_token": "<e>", "chat_template": "{{ messages }}"})",
                     "tokenizer_config.json")};
}

GgufFile written(const TemporaryFolder& folder, const PublishedTokenizer& tokenizer) {
  GgufWriter writer;
  write_tokenizer(tokenizer, 7, writer);
  writer.write(folder.path() / "tokenizer.gguf");
  return GgufFile::open(folder.path() / "tokenizer.gguf");
}

}  // namespace

TEST_CASE("A tokenizer.json becomes the keys of a GGUF file", "[formats]") {
  const TemporaryFolder folder;
  const GgufFile file = written(folder, small_tokenizer());
  const GgufMetadata& metadata = file.metadata();
  CHECK(metadata.text("tokenizer.ggml.pre") == "smollm");
  CHECK(metadata.texts("tokenizer.ggml.tokens") ==
        std::vector<std::string_view>{"a", "b", "ab", "[PAD3]", "<e>", "<u>", "[PAD6]"});
  CHECK(metadata.integers("tokenizer.ggml.token_type") == std::vector<int64_t>{1, 1, 1, 5, 3, 4, 5});
  CHECK(metadata.texts("tokenizer.ggml.merges") == std::vector<std::string_view>{"a b"});
  CHECK(metadata.integer("tokenizer.ggml.eos_token_id", 0, 9) == 4);
  CHECK_FALSE(metadata.flag_or("tokenizer.ggml.add_bos_token", true));
  CHECK(metadata.text("tokenizer.chat_template") == "{{ messages }}");
}

TEST_CASE("The keys of a GGUF file become a tokenizer.json again", "[formats]") {
  const TemporaryFolder folder;
  const LoadedTokenizer::Files again = load_gguf_tokenizer(written(folder, small_tokenizer()))->files();
  CHECK(again.tokenizer.at("model").at("vocab").at("ab") == 2);
  CHECK(again.tokenizer.at("model").at("merges") == Json::array({Json::array({"a", "b"})}));
  CHECK(again.tokenizer.at("added_tokens").at(0).at("special") == true);
  CHECK(again.tokenizer.at("added_tokens").at(1).at("special") == false);
  CHECK(again.tokenizer.at("pre_tokenizer").at("pretokenizers").at(0).at("type") == "Digits");
  CHECK(again.config.at("eos_token") == "<e>");
  CHECK(again.config.at("chat_template") == "{{ messages }}");
}

TEST_CASE("A tokenizer that GGUF has no name for is refused", "[formats]") {
  const TemporaryFolder folder;
  PublishedTokenizer tokenizer = small_tokenizer();
  tokenizer.tokenizer["pre_tokenizer"] = {{"type", "Whitespace"}};
  CHECK(refusal<UnsupportedError>([&] { written(folder, tokenizer); }) ==
        "tokenizer.json: \"pre_tokenizer\" is not byte-level");
  tokenizer.tokenizer["model"]["type"] = "WordPiece";
  CHECK(refusal<UnsupportedError>([&] { written(folder, tokenizer); }) ==
        "tokenizer.json: model WordPiece cannot be written to GGUF yet, expected BPE");
}

}  // namespace graft
