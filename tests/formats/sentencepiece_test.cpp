// SPDX-License-Identifier: Apache-2.0
#include "formats/sentencepiece.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "graft/error.hpp"
#include "support/goldens.hpp"
#include "support/mapped_file.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// A model of one piece: its text, score and type.
std::string one_piece(std::string_view text, char type) {
  std::string piece = std::string("\x0A") + static_cast<char>(text.size()) + std::string(text);
  piece += std::string("\x15\x00\x00\x80\xBF\x18", 6) + type;
  return std::string("\x0A") + static_cast<char>(piece.size()) + piece;
}

}  // namespace

TEST_CASE("The pieces of a model, and how it normalizes", "[formats]") {
  const MappedFile file = MappedFile::open(golden_path("tokenizers/sp-bpe-llama2/tokenizer.model"));
  const SentencePieceModel model = read_sentencepiece(file.bytes(), file.name());
  CHECK(model.kind == SentencePieceModel::Kind::bpe);
  REQUIRE(model.pieces.size() == 1500);
  CHECK(model.pieces[0] == "<unk>");
  CHECK(model.types[0] == TokenType::unknown);
  CHECK(model.types[1] == TokenType::control);
  CHECK(model.types[3] == TokenType::byte);
  CHECK(model.pieces[3] == "<0x00>");
  CHECK(model.adds_prefix);
  CHECK_FALSE(model.removes_extra_spaces);
  CHECK(model.charsmap.empty());

  const std::string small = one_piece("a", 1);
  const SentencePieceModel one = read_sentencepiece(bytes_of(small), "x");
  CHECK(one.scores[0] == -1);
  CHECK(one.kind == SentencePieceModel::Kind::unigram);
}

TEST_CASE("What is no model is refused", "[formats]") {
  const auto refused = [](const std::string& bytes) {
    return refusal<FileError>([&] { read_sentencepiece(bytes_of(bytes), "x.model"); });
  };
  CHECK(refused("") == "x.model: holds no pieces, expected the model of SentencePiece");
  CHECK(refused(one_piece("", 1)) == "x.model: piece 0 is \"\", expected UTF-8 text");
  CHECK(refused(one_piece("a", 9)) == "x.model: piece 0 has the type 9, expected 1 to 6");
  CHECK(refused("\x0A\x7F") == "x.model: protobuf field: a length of 127 bytes at byte 2, but only 0 are left");
  CHECK(refused(std::string(20, '\xFF')) == "x.model: a protobuf number of more than 10 bytes");
}

TEST_CASE("Damage anywhere in a model is an error and nothing worse", "[formats]") {
  const MappedFile file = MappedFile::open(golden_path("tokenizers/sp-bpe-llama2/tokenizer.model"));
  std::mt19937 random(2);
  for (int i = 0; i < 1000; ++i) {
    std::string damaged(file.text().substr(0, random() % 3 ? file.text().size() : random() % file.text().size()));
    for (int k = 0; k < 3 && !damaged.empty(); ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    try {
      read_sentencepiece(bytes_of(damaged), "x.model");
    } catch (const Error&) {
    }
  }
}

}  // namespace graft
