// SPDX-License-Identifier: Apache-2.0
//
// post_processor and decoder: what happens to the tokens.
#include <utility>

#include "tokenizers/json_fields.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

TemplateItem text_item(bool first, int32_t type_id) {
  return {first ? TemplateItem::first_text : TemplateItem::second_text, 0, type_id};
}

// The ids of a template's special token, by the name that the template gives it.
std::vector<int32_t> template_ids(const Json& section, const std::string& name, const std::string& where) {
  const Json& token = member(member(section, "special_tokens"), name.c_str());
  std::vector<int32_t> ids;
  for (const Json& id : read_array(token, "ids", where + ".special_tokens." + name)) {
    const auto number = as<int32_t>(id);
    check<FileError>(number.has_value(), where, ".special_tokens.", name, ".ids: found ", id.dump(),
                     ", expected whole numbers");
    ids.push_back(*number);
  }
  return ids;
}

std::vector<TemplateItem> read_template(const Json& section, const char* name, const std::string& where) {
  std::vector<TemplateItem> items;
  const std::string here = where + "." + name;
  for (const Json& piece : read_array(section, name, where)) {
    if (const Json& text = member(piece, "Sequence"); !text.is_null()) {
      const auto id = read<std::string>(text, "id", here);
      check<FileError>(id == "A" || id == "B", here, ": found Sequence '", id, "', expected A or B");
      items.push_back(text_item(id == "A", read_or(text, "type_id", int32_t{0}, here)));
      continue;
    }
    const Json& token = member(piece, "SpecialToken");
    check<FileError>(!token.is_null(), here, ": found ", piece.dump().substr(0, 80),
                     ", expected Sequence or SpecialToken");
    for (const int32_t id : template_ids(section, read<std::string>(token, "id", here), where))
      items.push_back({TemplateItem::token, id, read_or(token, "type_id", int32_t{0}, here)});
  }
  return items;
}

// ["</s>", 2]
int32_t read_token(const Json& section, const char* name, const std::string& where) {
  const Json& pair = read_array(section, name, where);
  const auto id = pair.size() == 2 ? as<int32_t>(pair[1]) : std::nullopt;
  check<FileError>(id.has_value(), where, ".", name, ": found ", pair.dump().substr(0, 80), ", expected [token, id]");
  return *id;
}

// BERT: [CLS] A [SEP], or [CLS] A [SEP] B [SEP] with types 0 and 1. RoBERTa has a second separator and only type 0.
void read_classic(const Json& section, const std::string& where, bool roberta, PostProcessor& result) {
  const TemplateItem cls{TemplateItem::token, read_token(section, "cls", where), 0};
  const TemplateItem sep{TemplateItem::token, read_token(section, "sep", where), 0};
  const int32_t second = roberta ? 0 : 1;
  result.single = {cls, text_item(true, 0), sep};
  result.pair = result.single;
  if (roberta) result.pair.push_back(sep);
  result.pair.push_back(text_item(false, second));
  result.pair.push_back({TemplateItem::token, sep.id, second});
}

void read_processor(const Json& section, const std::string& where, PostProcessor& result) {
  const auto type = read<std::string>(section, "type", where);
  if (type == "ByteLevel" || type == "RobertaProcessing") {
    result.trim_offsets = read_or(section, "trim_offsets", true, where);
    result.prefix_space = read_or(section, "add_prefix_space", true, where);
    if (type == "RobertaProcessing") read_classic(section, where, true, result);
  } else if (type == "BertProcessing") {
    read_classic(section, where, false, result);
  } else if (type == "TemplateProcessing") {
    result.single = read_template(section, "single", where);
    result.pair = read_template(section, "pair", where);
  } else {
    fail<UnsupportedError>(where, ": post_processor ", type, " is not supported yet");
  }
}

}  // namespace

PostProcessor read_post_processor(const Json& section, const std::string& where) {
  PostProcessor result;
  if (section.is_null()) return result;
  if (read<std::string>(section, "type", where) != "Sequence") {
    read_processor(section, where, result);
    return result;
  }
  size_t place = 0;
  for (const Json& step : read_array(section, "processors", where))
    read_processor(step, where + "[" + std::to_string(place++) + "]", result);
  return result;
}

void check_decoder(const Json& section, const std::string& where) {
  if (section.is_null()) return;
  const auto type = read<std::string>(section, "type", where);
  check<UnsupportedError>(type == "ByteLevel", where, ": decoder ", type, " is not supported yet");
}

}  // namespace graft::v0
