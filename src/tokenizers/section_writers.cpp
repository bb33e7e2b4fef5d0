// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/section_writers.hpp"

#include "tokenizers/model_parts.hpp"

namespace graft::inline v0 {
namespace {

Json sequence(const char* name, const std::vector<Json>& steps) {
  if (steps.empty()) return nullptr;
  return steps.size() == 1 ? steps[0] : Json{{"type", "Sequence"}, {name, steps}};
}

Json text_item(const char* name, int type) { return {{"Sequence", {{"id", name}, {"type_id", type}}}}; }

void add_items(const std::vector<int32_t>& ids, int type, const Vocabulary& vocabulary, Json& items) {
  for (const int32_t id : ids) items.push_back({{"SpecialToken", {{"id", vocabulary.text(id)}, {"type_id", type}}}});
}

}  // namespace

Json added_token_section(int32_t id, std::string_view text, bool special, bool normalized) {
  return {{"id", id},        {"content", text},          {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", normalized}, {"special", special}};
}

Json template_section(const Frame& frame, const Vocabulary& vocabulary) {
  Json single = Json::array(), special = Json::object();
  add_items(frame.before, 0, vocabulary, single);
  single.push_back(text_item("A", 0));
  add_items(frame.after, 0, vocabulary, single);
  Json pair = single;
  if (frame.repeats_before) add_items(frame.before, 1, vocabulary, pair);
  pair.push_back(text_item("B", 1));
  add_items(frame.after, 1, vocabulary, pair);
  for (const std::vector<int32_t>* ids : {&frame.before, &frame.after})
    for (const int32_t id : *ids) {
      const std::string text(vocabulary.text(id));
      special[text] = {{"id", text}, {"ids", {id}}, {"tokens", {text}}};
    }
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", special}};
}

Json byte_level_section(bool splits) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", false}, {"use_regex", splits}};
}

Json normalizer_section(const std::vector<Json>& steps) { return sequence("normalizers", steps); }
Json pre_tokenizer_section(const std::vector<Json>& steps) { return sequence("pretokenizers", steps); }

Json replace_section(const Json& pattern, std::string_view content) {
  return {{"type", "Replace"}, {"pattern", pattern}, {"content", content}};
}

std::vector<Json> space_mark_steps(bool prefixed) {
  std::vector<Json> steps;
  if (prefixed) steps.push_back({{"type", "Prepend"}, {"prepend", kSpaceMark}});
  steps.push_back(replace_section({{"String", " "}}, kSpaceMark));
  return steps;
}

Json space_mark_decoder(bool prefixed) {
  std::vector<Json> steps = {
      replace_section({{"String", kSpaceMark}}, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (prefixed) steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return sequence("decoders", steps);
}

Json sections_of(const Json& normalizer, const Json& pre_tokenizer, const Json& post_processor, const Json& decoder) {
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", Json::array()},
          {"normalizer", normalizer},
          {"pre_tokenizer", pre_tokenizer},
          {"post_processor", post_processor},
          {"decoder", decoder}};
}

}  // namespace graft::inline v0
