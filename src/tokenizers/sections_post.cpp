// SPDX-License-Identifier: Apache-2.0
//
// post_processor: what happens to the tokens.
#include <utility>

#include "support/message.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

TemplateItem text_item(bool first, int32_t type_id) {
  return {first ? TemplateItem::first_text : TemplateItem::second_text, 0, type_id};
}

int32_t whole_number(const JsonObject& section, const char* name) {
  return static_cast<int32_t>(section.integer_or(name, 0, 0, INT32_MAX));
}

// The ids of a template's special token, by the name that the template gives it.
std::vector<int32_t> template_ids(const JsonObject& section, const std::string& name) {
  const JsonObject token = section.object("special_tokens").object(name);
  std::vector<int32_t> ids;
  for (const Json& id : list(token, "ids")) {
    const std::optional<int32_t> known = as_id(id);
    if (!known) token.refuse("ids", "whole numbers");
    ids.push_back(*known);
  }
  return ids;
}

std::vector<TemplateItem> read_template(const JsonObject& section, const char* name, const std::string& where) {
  std::vector<TemplateItem> items;
  for (const Json& json : list(section, name)) {
    const JsonObject piece(json, where + "." + name);
    if (piece.has("Sequence")) {
      const JsonObject text = piece.object("Sequence");
      if (text.text("id") != "A" && text.text("id") != "B") text.refuse("id", "A or B");
      items.push_back(text_item(text.text("id") == "A", whole_number(text, "type_id")));
      continue;
    }
    const JsonObject token = piece.object("SpecialToken");
    for (const int32_t id : template_ids(section, token.text("id")))
      items.push_back({TemplateItem::token, id, whole_number(token, "type_id")});
  }
  return items;
}

// ["</s>", 2]
int32_t read_token(const JsonObject& section, const char* name) {
  const Json& pair = list(section, name);
  const std::optional<int32_t> id = pair.size() == 2 ? as_id(pair[1]) : std::nullopt;
  if (!id) section.refuse(name, "[token, id]");
  return *id;
}

// BERT: [CLS] A [SEP], or [CLS] A [SEP] B [SEP] with types 0 and 1. RoBERTa has a second separator and only type 0.
void read_classic(const JsonObject& section, bool roberta, PostProcessor& result) {
  const TemplateItem cls{TemplateItem::token, read_token(section, "cls"), 0};
  const TemplateItem sep{TemplateItem::token, read_token(section, "sep"), 0};
  const int32_t second = roberta ? 0 : 1;
  result.single = {cls, text_item(true, 0), sep};
  result.pair = result.single;
  if (roberta) result.pair.push_back(sep);
  result.pair.push_back(text_item(false, second));
  result.pair.push_back({TemplateItem::token, sep.id, second});
}

void read_processor(const JsonObject& section, const std::string& where, PostProcessor& result) {
  const auto type = section.text("type");
  if (type == "ByteLevel" || type == "RobertaProcessing") {
    result.trim_offsets = section.flag_or("trim_offsets", true);
    result.prefix_space = section.flag_or("add_prefix_space", true);
    if (type == "RobertaProcessing") read_classic(section, true, result);
  } else if (type == "BertProcessing") {
    read_classic(section, false, result);
  } else if (type == "TemplateProcessing") {
    result.single = read_template(section, "single", where);
    result.pair = read_template(section, "pair", where);
  } else {
    fail<UnsupportedError>(where, ": post_processor ", type, " is not supported yet");
  }
}

}  // namespace

const Json& list(const JsonObject& section, const char* name) {
  const Json* array = section.find(name);
  if (!array || !array->is_array()) section.refuse(name, "an array");
  return *array;
}

PostProcessor read_post_processor(const Json& json, const std::string& where) {
  PostProcessor result;
  if (json.is_null()) return result;
  const JsonObject section(json, where);
  if (section.text("type") != "Sequence") {
    read_processor(section, where, result);
    return result;
  }
  size_t place = 0;
  for (const Json& step : list(section, "processors")) {
    const std::string here = where + "[" + std::to_string(place++) + "]";
    read_processor(JsonObject(step, here), here, result);
  }
  return result;
}

}  // namespace graft::inline v0
