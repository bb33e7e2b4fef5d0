// SPDX-License-Identifier: Apache-2.0
#include "formats/sentencepiece.hpp"

#include <cmath>

#include "support/byte_reader.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The fields of a message, one after the other. A field that is not asked for is skipped by its type.
class Fields {
 public:
  Fields(std::span<const std::byte> bytes, std::string_view name) : reader_(bytes, name), name_(name) {}

  // False at the end.
  bool next() {
    if (reader_.left() == 0) return false;
    const uint64_t key = varint();
    field_ = key >> 3;
    type_ = key & 7;
    check<FileError>(field_ > 0, name_, ": protobuf field 0, expected the model of SentencePiece");
    if (type_ == kVarint) {
      number_ = varint();
    } else if (type_ == kBytes) {
      bytes_ = reader_.take(varint(), "protobuf field");
    } else if (type_ == kFixed32) {
      real_ = reader_.read<float>("protobuf field");
    } else {
      check<FileError>(type_ == kFixed64, name_, ": protobuf field ", field_, " is of type ", type_,
                       ", expected the model of SentencePiece");
      reader_.take(8, "protobuf field");
    }
    return true;
  }

  uint64_t field() const { return field_; }
  std::span<const std::byte> bytes() const { return expect(kBytes), bytes_; }
  float real() const { return expect(kFixed32), real_; }
  bool flag() const { return expect(kVarint), number_ != 0; }
  int32_t integer() const { return expect(kVarint), static_cast<int32_t>(number_); }

 private:
  enum Type : uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  void expect(Type type) const {
    check<FileError>(type_ == type, name_, ": protobuf field ", field_, " is of type ", type_, ", expected ", type);
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = reader_.read<uint8_t>("protobuf number");
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    fail<FileError>(name_, ": a protobuf number of more than 10 bytes");
  }

  ByteReader reader_;
  std::string_view name_;
  uint64_t field_ = 0, type_ = 0, number_ = 0;
  std::span<const std::byte> bytes_;
  float real_ = 0;
};

void read_piece(std::span<const std::byte> bytes, std::string_view name, SentencePieceModel& model) {
  std::string_view text;
  float score = 0;
  int32_t type = 1;
  for (Fields piece(bytes, name); piece.next();) {
    if (piece.field() == 1) text = text_of(piece.bytes());
    if (piece.field() == 2) score = piece.real();
    if (piece.field() == 3) type = piece.integer();
  }
  const size_t place = model.pieces.size();
  check<FileError>(!text.empty() && is_valid_utf8(text), name, ": piece ", place, " is ", in_quotes(text),
                   ", expected UTF-8 text");
  check<FileError>(std::isfinite(score), name, ": piece ", place, " has the score ", score, ", expected a number");
  check<FileError>(type >= 1 && type <= 6, name, ": piece ", place, " has the type ", type, ", expected 1 to 6");
  model.pieces.push_back(text);
  model.scores.push_back(score);
  model.types.push_back(static_cast<TokenType>(type));
}

void read_trainer(std::span<const std::byte> bytes, std::string_view name, SentencePieceModel& model) {
  for (Fields trainer(bytes, name); trainer.next();) {
    if (trainer.field() == 3) model.kind = static_cast<SentencePieceModel::Kind>(trainer.integer());
    if (trainer.field() == 24) model.space_is_suffix = trainer.flag();
    if (trainer.field() == 40) model.unknown = trainer.integer();
    if (trainer.field() == 41) model.bos = trainer.integer();
    if (trainer.field() == 42) model.eos = trainer.integer();
    if (trainer.field() == 43) model.padding = trainer.integer();
  }
}

void read_normalizer(std::span<const std::byte> bytes, std::string_view name, SentencePieceModel& model) {
  for (Fields normalizer(bytes, name); normalizer.next();) {
    if (normalizer.field() == 2) model.charsmap = text_of(normalizer.bytes());
    if (normalizer.field() == 3) model.adds_prefix = normalizer.flag();
    if (normalizer.field() == 4) model.removes_extra_spaces = normalizer.flag();
    if (normalizer.field() == 5) model.marks_spaces = normalizer.flag();
  }
}

}  // namespace

SentencePieceModel read_sentencepiece(std::span<const std::byte> bytes, std::string_view name) {
  SentencePieceModel model;
  for (Fields fields(bytes, name); fields.next();) {
    if (fields.field() == 1) read_piece(fields.bytes(), name, model);
    if (fields.field() == 2) read_trainer(fields.bytes(), name, model);
    if (fields.field() == 3) read_normalizer(fields.bytes(), name, model);
  }
  check<FileError>(!model.pieces.empty(), name, ": holds no pieces, expected the model of SentencePiece");
  using Kind = SentencePieceModel::Kind;
  check<UnsupportedError>(model.kind == Kind::unigram || model.kind == Kind::bpe, name, ": model_type ",
                          static_cast<int32_t>(model.kind), " is not supported, expected 1 (unigram) or 2 (bpe)");
  check<UnsupportedError>(model.marks_spaces && !model.space_is_suffix, name,
                          ": spaces that are not marked before words are not supported");
  return model;
}

}  // namespace graft::inline v0
