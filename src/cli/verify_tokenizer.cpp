// SPDX-License-Identifier: Apache-2.0
//
// A tokenizer: lines of cases with ids, offsets, decoded text, streams, and batches with truncation and padding.
#include <algorithm>

#include "api/load_tokenizer.hpp"
#include "cli/verify_kinds.hpp"
#include "formats/jsonl.hpp"
#include "support/message.hpp"
#include "tokenizers/loaded_tokenizer.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

// One line of a file, and what it says.
struct Line {
  const JsonObject& json;
  const Pipeline& tokenizer;
  std::string name;  // "cases.jsonl:12"
  Comparison& comparison;

  // A field that is left out is not compared.
  template <class T>
  void compare(const char* field, const T& found) const {
    if (const Json* expected = json.json().contains(field) ? &json.json().at(field) : nullptr)
      comparison.claim(name + " " + field, Json(found) == *expected);
  }
  std::vector<int32_t> ids(const char* field = "ids") const {
    return json.json().at(field).get<std::vector<int32_t>>();
  }
  std::string decode(bool skip_special) const { return tokenizer.decoder().decode(ids(), skip_special); }
};

Json byte_offsets(const EncodedText& encoding) {
  Json offsets = Json::array();
  for (const TextSpan& span : encoding.offsets) offsets.push_back({span.begin, span.end});
  return offsets;
}

// The same in code points of the text that each token comes from.
Json character_offsets(const EncodedText& encoding, const std::string& first, const std::string& second) {
  const auto characters = [](const std::string& text, size_t bytes) {
    size_t count = 0;
    for (size_t i = 0; i < std::min(bytes, text.size()); ++i) count += (text[i] & 0xc0) != 0x80;
    return count;
  };
  Json offsets = Json::array();
  for (size_t i = 0; i < encoding.size(); ++i) {
    const std::string& text = encoding.sequence[i] == 1 ? second : first;
    offsets.push_back({characters(text, encoding.offsets[i].begin), characters(text, encoding.offsets[i].end)});
  }
  return offsets;
}

// The tokens as the vocabulary spells them. Other writers put the spaces that an added token takes with it into its
// text, and show the text that an unknown token stands for.
void compare_tokens(const Line& line, const std::vector<int32_t>& ids) {
  const Json& expected = line.json.json().at("tokens");
  bool agree = expected.size() == ids.size();
  for (size_t i = 0; agree && i < ids.size(); ++i) {
    if (ids[i] == line.tokenizer.unknown()) continue;
    const std::string text = expected[i].get<std::string>();
    const std::string_view spelled = line.tokenizer.shown(ids[i]);
    const size_t at = text.find(spelled);
    agree = at != std::string::npos &&
            (text.substr(0, at) + text.substr(at + spelled.size())).find_first_not_of(" \t\r\n") == std::string::npos;
  }
  line.comparison.claim(line.name + " tokens", agree);
}

void compare_case(const Line& line) {
  const std::string text = line.json.text("text");
  const EncodedText encoding = line.tokenizer.encode_with_offsets(text);
  line.compare("ids", encoding.ids);
  compare_tokens(line, encoding.ids);
  line.compare("offsets", character_offsets(encoding, text, text));
  line.compare("byte_offsets", byte_offsets(encoding));
  PipelineOptions plain;
  plain.special_tokens = false;
  line.compare("ids_plain", line.tokenizer.encode(text, plain));
  line.compare("decoded", line.decode(false));
  line.compare("decoded_skip", line.decode(true));
}

void compare_pair(const Line& line) {
  const std::string a = line.json.text("a"), b = line.json.text("b");
  const EncodedText encoding = line.tokenizer.encode_pair(a, b);
  Json sequence = Json::array();
  for (const int8_t one : encoding.sequence) sequence.push_back(one == kNoSequence ? Json(nullptr) : Json(one));
  line.compare("ids", encoding.ids);
  line.compare("type_ids", encoding.type_ids);
  line.compare("special_mask", encoding.special_mask);
  line.compare("sequence", sequence);
  line.compare("offsets", character_offsets(encoding, a, b));
  line.compare("byte_offsets", byte_offsets(encoding));
  line.compare("decoded_skip", line.decode(true));
}

void compare_decode(const Line& line) {
  line.compare("decoded", line.decode(false));
  line.compare("decoded_skip", line.decode(true));
}

void compare_stream(const Line& line) {
  StreamDecoder stream(line.tokenizer.decoder(), line.json.flag_or("skip_special", true));
  Json pieces = Json::array();
  for (const int32_t id : line.ids()) {
    const std::string piece = stream.push(id);
    pieces.push_back(piece.empty() ? Json(nullptr) : Json(piece));
  }
  line.compare("pieces", pieces);
}

// What SentencePiece itself makes of a text. It shows an unknown token by a mark of its own.
void compare_sentencepiece(const Line& line) {
  constexpr std::string_view kShownUnknown = " \u2047 ";
  PipelineOptions plain;
  plain.special_tokens = plain.parse_special = false;
  const std::vector<int32_t> ids = line.tokenizer.encode(line.json.text("text"), plain);
  line.compare("ids", ids);
  std::string decoded = line.tokenizer.decoder().decode(ids, false);
  const std::optional<int32_t> unknown = line.tokenizer.unknown();
  if (unknown && std::count(ids.begin(), ids.end(), *unknown) > 0) {
    const std::string_view text = line.tokenizer.vocabulary().text(*unknown);
    for (size_t at = decoded.find(text); at != decoded.npos; at = decoded.find(text, at + kShownUnknown.size()))
      decoded.replace(at, text.size(), kShownUnknown);
  }
  line.compare("decoded", decoded);
}

Truncation read_truncation(const JsonObject& line) {
  Truncation how;
  if (!line.has("truncation")) return how;
  const JsonObject json = line.object("truncation");
  const std::string strategy = json.text_or("strategy", "longest_first");
  how.max_length = size_t(json.integer("max_length", 1, 1 << 30));
  how.stride = size_t(json.integer_or("stride", 0, 0, 1 << 30));
  how.strategy = strategy == "only_first"    ? CutStrategy::only_first
                 : strategy == "only_second" ? CutStrategy::only_second
                                             : CutStrategy::longest_first;
  how.side = json.text_or("direction", "right") == "left" ? Side::left : Side::right;
  return how;
}

Padding read_padding(const JsonObject& json) {
  return {.side = json.text_or("direction", "right") == "left" ? Side::left : Side::right,
          .length = size_t(json.integer_or("length", 0, 0, 1 << 30)),
          .multiple_of = size_t(json.integer_or("pad_to_multiple_of", 0, 0, 1 << 30)),
          .id = int32_t(json.integer_or("pad_id", 0, 0, 1 << 30)),
          .type_id = int32_t(json.integer_or("pad_type_id", 0, 0, 1 << 30))};
}

void compare_batch(const Line& line) {
  PipelineOptions options;
  options.truncation = read_truncation(line.json);
  std::vector<EncodedText> encodings;
  for (const Json& input : line.json.json().at("input"))
    encodings.push_back(input.is_array() ? line.tokenizer.encode_pair(input.at(0).get<std::string>(),
                                                                      input.at(1).get<std::string>(), options)
                                         : line.tokenizer.encode_with_offsets(input.get<std::string>(), options));
  if (line.json.has("padding")) pad(encodings, read_padding(line.json.object("padding")));
  Json ids, mask, type_ids, special_mask, overflowing;
  for (const EncodedText& encoding : encodings) {
    ids.push_back(encoding.ids);
    mask.push_back(encoding.attention);
    type_ids.push_back(encoding.type_ids);
    special_mask.push_back(encoding.special_mask);
    Json windows = Json::array();
    for (const EncodedText& window : encoding.overflowing) windows.push_back(window.ids);
    overflowing.push_back(std::move(windows));
  }
  line.compare("ids", ids);
  line.compare("mask", mask);
  line.compare("type_ids", type_ids);
  line.compare("special_mask", special_mask);
  line.compare("overflowing", overflowing);
}

struct Section {
  const char* file;
  void (*compare)(const Line&);
};
constexpr Section kSections[] = {{"cases.jsonl", compare_case},
                                 {"pairs.jsonl", compare_pair},
                                 {"decode.jsonl", compare_decode},
                                 {"stream.jsonl", compare_stream},
                                 {"batch.jsonl", compare_batch}};

Tokenizer tokenizer_of(const fs::path& folder, const VerifyContext& context) {
  for (const char* name : {"tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json"})
    if (fs::exists(folder / name)) return Tokenizer::load(folder.string());
  check<UnsupportedError>(!context.gguf.empty(), "needs --gguf PATH: there is no tokenizer");
  return load_tokenizer(Checkpoint::open(context.gguf, FileAccess::map), {});
}

}  // namespace

void verify_tokenizer(const fs::path& folder, const VerifyContext& context, Comparison& comparison) {
  const Tokenizer tokenizer = tokenizer_of(folder, context);
  const auto compare_lines = [&](const Tokenizer& with, const char* file, void (*compare)(const Line&)) {
    if (!fs::exists(folder / file)) return;
    const MappedFile lines = MappedFile::open(folder / file);
    for_each_row(lines, [&](const JsonObject& row, size_t number) {
      compare({row, with.loaded().pipeline(), message(file, ":", number), comparison});
    });
  };
  for (const auto& [file, compare] : kSections) compare_lines(tokenizer, file, compare);
  if (fs::exists(folder / "tokenizer.model"))
    compare_lines(Tokenizer::load((folder / "tokenizer.model").string()), "sentencepiece.jsonl", compare_sentencepiece);
}

}  // namespace graft::inline v0
