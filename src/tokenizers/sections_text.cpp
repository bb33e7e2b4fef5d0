// SPDX-License-Identifier: Apache-2.0
//
// normalizer and pre_tokenizer: what happens to the text.
#include <utility>

#include "support/base64.hpp"
#include "support/message.hpp"
#include "tokenizers/charsmap.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

constexpr const char* kPunctuationPattern = R"([\p{P}!-/:-@\[-`{-~])";

// {"String": text} or {"Regex": expression}; older files have the bare text.
std::pair<std::string, bool> read_pattern(const JsonObject& section) {
  const Json* bare = section.find("pattern");
  if (bare && bare->is_string()) return {section.text("pattern"), false};
  const JsonObject pattern = section.object("pattern");
  const bool is_regex = pattern.has("Regex");
  return {pattern.text(is_regex ? "Regex" : "String"), is_regex};
}

SplitBehavior read_behavior(const JsonObject& section) {
  const std::string name = section.text("behavior");
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  section.refuse("behavior", "Isolated, Removed, MergedWithPrevious, MergedWithNext or Contiguous");
}

void read_byte_level(const JsonObject& step, PreTokenizer& result) {
  result.byte_level = true;
  if (step.flag_or("add_prefix_space", true)) result.steps.push_back({.rewriter = prefix_normalizer(" ")});
  if (step.flag_or("use_regex", true)) result.steps.push_back({.splitter = gpt2_splitter()});
}

// Spaces become marks, and one stands before the first word, or every one.
void read_metaspace(const JsonObject& step, PreTokenizer& result) {
  const std::string mark = step.text_or("replacement", kSpaceMark);
  const std::string scheme =
      step.text_or("prepend_scheme", step.flag_or("add_prefix_space", true) ? "always" : "never");
  if (mark.empty()) step.refuse("replacement", "a character");
  if (scheme != "always" && scheme != "first" && scheme != "never")
    step.refuse("prepend_scheme", "always, first or never");
  result.steps.push_back({.rewriter = replace_normalizer(" ", false, mark, step.where())});
  if (scheme != "never") result.steps.push_back({.rewriter = prefix_normalizer(mark), .only_first = scheme == "first"});
  if (step.flag_or("split", true)) result.steps.push_back({.splitter = mark_splitter(mark)});
}

void read_split(const JsonObject& step, const std::string& where, PreTokenizer& result) {
  const auto [pattern, is_regex] = read_pattern(step);
  const SplitBehavior behavior = read_behavior(step);
  const bool invert = step.flag_or("invert", false);
  result.steps.push_back({.splitter = is_regex ? pattern_splitter(pattern, behavior, invert, where)
                                               : literal_splitter(pattern, behavior, invert, where)});
}

void read_step(const JsonObject& step, const std::string& where, PreTokenizer& result) {
  check<UnsupportedError>(!result.byte_level, where, ": a step behind ByteLevel is not supported yet");
  const auto type = step.text("type");
  if (type == "ByteLevel") return read_byte_level(step, result);
  if (type == "Metaspace") return read_metaspace(step, result);
  if (type == "Split") return read_split(step, where, result);
  std::unique_ptr<Splitter> splitter;
  if (type == "BertPreTokenizer") splitter = bert_splitter();
  if (type == "WhitespaceSplit") splitter = white_space_splitter();
  if (type == "Whitespace") splitter = word_splitter();
  if (type == "Digits") splitter = digits_splitter(step.flag_or("individual_digits", false));
  if (type == "Punctuation")
    splitter = pattern_splitter(kPunctuationPattern,
                                step.has("behavior") ? read_behavior(step) : SplitBehavior::isolated, false, where);
  if (type == "CharDelimiterSplit")
    splitter = literal_splitter(step.text("delimiter"), SplitBehavior::removed, false, where);
  check<UnsupportedError>(splitter != nullptr, where, ": pre_tokenizer ", type, " is not supported yet");
  result.steps.push_back({.splitter = std::move(splitter)});
}

std::unique_ptr<Normalizer> read_bert_normalizer(const JsonObject& section) {
  const bool lowercase = section.flag_or("lowercase", true);
  return bert_normalizer({.clean = section.flag_or("clean_text", true),
                          .separate_chinese = section.flag_or("handle_chinese_chars", true),
                          .strip_accents = section.flag_or("strip_accents", lowercase),
                          .lowercase = lowercase});
}

std::unique_ptr<Normalizer> read_precompiled(const JsonObject& section, const std::string& where) {
  const std::optional<std::string> bytes = from_base64(section.text("precompiled_charsmap"));
  if (!bytes) section.refuse("precompiled_charsmap", "base64");
  return bytes->empty() ? sequence_normalizer({}, where) : precompiled_normalizer(*bytes, where);
}

}  // namespace

std::unique_ptr<Normalizer> read_normalizer(const Json& json, const std::string& where) {
  if (json.is_null()) return nullptr;
  const JsonObject section(json, where);
  const std::string type = section.text("type");
  if (type == "NFC") return unicode_normalizer(UnicodeForm::nfc);
  if (type == "NFD") return unicode_normalizer(UnicodeForm::nfd);
  if (type == "NFKC") return unicode_normalizer(UnicodeForm::nfkc);
  if (type == "NFKD") return unicode_normalizer(UnicodeForm::nfkd);
  if (type == "Lowercase") return lowercase_normalizer();
  if (type == "StripAccents") return strip_accents_normalizer();
  if (type == "Strip")
    return strip_normalizer(section.flag_or("strip_left", true), section.flag_or("strip_right", true));
  if (type == "Prepend") return prepend_normalizer(section.text("prepend"));
  if (type == "Replace") {
    const auto [pattern, is_regex] = read_pattern(section);
    return replace_normalizer(pattern, is_regex, section.text("content"), where);
  }
  if (type == "BertNormalizer") return read_bert_normalizer(section);
  if (type == "Precompiled") return read_precompiled(section, where);
  if (type == "Nmt") return nmt_normalizer();
  check<UnsupportedError>(type == "Sequence", where, ": normalizer ", type, " is not supported yet");
  std::vector<std::unique_ptr<Normalizer>> steps;
  for (const Json& step : list(section, "normalizers"))
    steps.push_back(read_normalizer(step, where + "[" + std::to_string(steps.size()) + "]"));
  return sequence_normalizer(std::move(steps), where);
}

PreTokenizer read_pre_tokenizer(const Json& json, const std::string& where) {
  PreTokenizer result;
  if (json.is_null()) return result;
  const JsonObject section(json, where);
  if (section.text("type") != "Sequence") {
    read_step(section, where, result);
    return result;
  }
  size_t place = 0;
  for (const Json& step : list(section, "pretokenizers")) {
    const std::string here = where + "[" + std::to_string(place++) + "]";
    read_step(JsonObject(step, here), here, result);
  }
  return result;
}

}  // namespace graft::inline v0
