// SPDX-License-Identifier: Apache-2.0
//
// normalizer and pre_tokenizer: what happens to the text.
#include <utility>

#include "tokenizers/json_fields.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

// {"String": text} or {"Regex": expression}; older files have the bare text.
std::pair<std::string, bool> read_pattern(const Json& section, const std::string& where) {
  const Json& pattern = member(section, "pattern");
  if (pattern.is_string()) return {pattern.get<std::string>(), false};
  const bool is_regex = !member(pattern, "Regex").is_null();
  return {read<std::string>(pattern, is_regex ? "Regex" : "String", where + ".pattern"), is_regex};
}

SplitBehavior read_behavior(const Json& section, const std::string& where) {
  const auto name = read<std::string>(section, "behavior", where);
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  check<FileError>(name == "Contiguous", where, ".behavior: found '", name,
                   "', expected Isolated, Removed, MergedWithPrevious, MergedWithNext or Contiguous");
  return SplitBehavior::contiguous;
}

void read_byte_level(const Json& step, const std::string& where, PreTokenizer& result) {
  result.byte_level = true;
  result.prefix_space = read_or(step, "add_prefix_space", true, where);
  check<UnsupportedError>(!result.prefix_space || result.splitters.empty(), where,
                          ": add_prefix_space behind another step is not supported yet");
  if (read_or(step, "use_regex", true, where)) result.splitters.push_back(gpt2_splitter());
}

void read_split(const Json& step, const std::string& where, PreTokenizer& result) {
  const auto [pattern, is_regex] = read_pattern(step, where);
  const SplitBehavior behavior = read_behavior(step, where);
  const bool invert = read_or(step, "invert", false, where);
  result.splitters.push_back(is_regex ? pattern_splitter(pattern, behavior, invert, where)
                                      : literal_splitter(pattern, behavior, invert, where));
}

void read_step(const Json& step, const std::string& where, PreTokenizer& result) {
  check<UnsupportedError>(!result.byte_level, where, ": a step behind ByteLevel is not supported yet");
  const auto type = read<std::string>(step, "type", where);
  if (type == "ByteLevel") return read_byte_level(step, where, result);
  if (type == "Split") return read_split(step, where, result);
  check<UnsupportedError>(type == "Digits", where, ": pre_tokenizer ", type, " is not supported yet");
  result.splitters.push_back(digits_splitter(read_or(step, "individual_digits", false, where)));
}

}  // namespace

std::unique_ptr<Normalizer> read_normalizer(const Json& section, const std::string& where) {
  if (section.is_null()) return nullptr;
  const auto type = read<std::string>(section, "type", where);
  if (type == "NFC") return unicode_normalizer(UnicodeForm::nfc);
  if (type == "NFD") return unicode_normalizer(UnicodeForm::nfd);
  if (type == "NFKC") return unicode_normalizer(UnicodeForm::nfkc);
  if (type == "NFKD") return unicode_normalizer(UnicodeForm::nfkd);
  if (type == "Lowercase") return lowercase_normalizer();
  if (type == "StripAccents") return strip_accents_normalizer();
  if (type == "Strip")
    return strip_normalizer(read_or(section, "strip_left", true, where), read_or(section, "strip_right", true, where));
  if (type == "Prepend") return prepend_normalizer(read<std::string>(section, "prepend", where));
  if (type == "Replace") {
    const auto [pattern, is_regex] = read_pattern(section, where);
    return replace_normalizer(pattern, is_regex, read<std::string>(section, "content", where), where);
  }
  check<UnsupportedError>(type == "Sequence", where, ": normalizer ", type,
                          type == "Precompiled" ? " (precompiled_charsmap)" : "", " is not supported yet");
  std::vector<std::unique_ptr<Normalizer>> steps;
  for (const Json& step : read_array(section, "normalizers", where))
    steps.push_back(read_normalizer(step, where + "[" + std::to_string(steps.size()) + "]"));
  return sequence_normalizer(std::move(steps));
}

PreTokenizer read_pre_tokenizer(const Json& section, const std::string& where) {
  PreTokenizer result;
  if (section.is_null()) return result;
  if (read<std::string>(section, "type", where) != "Sequence") {
    read_step(section, where, result);
    return result;
  }
  size_t place = 0;
  for (const Json& step : read_array(section, "pretokenizers", where))
    read_step(step, where + "[" + std::to_string(place++) + "]", result);
  return result;
}

}  // namespace graft::v0
