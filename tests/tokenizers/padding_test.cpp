// SPDX-License-Identifier: Apache-2.0
//
// Truncation with windows, and padding, of whole batches.
#include <catch2/catch.hpp>

#include "graft/error.hpp"
#include "tokenizers/load.hpp"
#include "tokenizers/pipeline.hpp"
#include "tokenizers/read_lines.hpp"

namespace graft {
namespace {

Truncation read_truncation(const Json& json) {
  Truncation how;
  if (json.is_null()) return how;
  how.max_length = json["max_length"].get<size_t>();
  how.stride = json["stride"].get<size_t>();
  how.side = json.value("direction", "right") == "left" ? Side::left : Side::right;
  const std::string strategy = json["strategy"].text();
  if (strategy == "only_first") how.strategy = CutStrategy::only_first;
  if (strategy == "only_second") how.strategy = CutStrategy::only_second;
  return how;
}

Padding read_padding(const Json& json) {
  Padding how;
  how.side = json.value("direction", "right") == "left" ? Side::left : Side::right;
  how.length = json.value("length", size_t{0});
  how.multiple_of = json.value("pad_to_multiple_of", size_t{0});
  how.id = json["pad_id"].get<int32_t>();
  return how;
}

}  // namespace

TEST_CASE("Batches are cut and padded as the reference does", "[tokenizers]") {
  const std::string folder =
      golden_path(GENERATE("tokenizers/bbpe-added", "tokenizers/bbpe-roberta", "tokenizers/wordpiece-uncased"));
  const Json file = parse_json(read_text(folder + "/tokenizer.json"), "tokenizer.json");
  const Pipeline pipeline(read_tokenizer_json(file, "tokenizer.json"));
  for (const Json& line : read_lines(folder + "/batch.jsonl")) {
    INFO(line["truncation"].dump() << line["padding"].dump());
    PipelineOptions options;
    options.truncation = read_truncation(line["truncation"]);
    std::vector<EncodedText> batch;
    for (const Json& input : line["input"])
      batch.push_back(input.is_array()
                          ? pipeline.encode_pair(input[0].get<std::string>(), input[1].get<std::string>(), options)
                          : pipeline.encode_with_offsets(input.get<std::string>(), options));
    pad(batch, read_padding(line["padding"]));
    for (size_t i = 0; i < batch.size(); ++i) {
      CHECK(Json(batch[i].ids) == line["ids"][i]);
      CHECK(Json(batch[i].attention) == line["mask"][i]);
      CHECK(Json(batch[i].type_ids) == line["type_ids"][i]);
      CHECK(Json(batch[i].special_mask) == line["special_mask"][i]);
      Json windows = Json::array();
      for (const EncodedText& window : batch[i].overflowing) windows.push_back(window.ids);
      CHECK(windows == (line.contains("overflowing") ? line["overflowing"][i] : Json::array()));
    }
  }
}

TEST_CASE("A stride as long as a window is refused", "[tokenizers]") {
  EncodedText text;
  text.ids.resize(10);
  text.offsets.resize(10);
  text.type_ids.resize(10);
  text.special_mask.resize(10);
  text.sequence.resize(10);
  text.attention.resize(10);
  CHECK_THROWS_AS(truncate(text, nullptr, 4, {.max_length = 4, .stride = 4}), ArgumentError);
}

}  // namespace graft
