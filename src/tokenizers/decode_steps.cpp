// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/decode_steps.hpp"

#include <utility>

#include "support/message.hpp"
#include "tokenizers/byte_level.hpp"
#include "tokenizers/byte_tokens.hpp"
#include "tokenizers/sections.hpp"

namespace graft::inline v0 {
namespace {

using Step = DecodeSteps::Step;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Takes away spaces that word pieces have before punctuation and English contractions.
std::string cleaned_up(std::string text) {
  constexpr std::pair<std::string_view, std::string_view> kChanges[] = {
      {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},   {" n't", "n't"},
      {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kChanges) replace_all(text, from, to);
  return text;
}

Step word_piece_step(const std::string& prefix, bool cleans_up) {
  return [=](std::string token, bool is_first) {
    if (!is_first) token = !prefix.empty() && token.starts_with(prefix) ? token.substr(prefix.size()) : ' ' + token;
    return cleans_up ? cleaned_up(std::move(token)) : token;
  };
}

Step metaspace_step(const std::string& mark, bool prepends) {
  return [=](std::string token, bool is_first) {
    replace_all(token, mark, is_first && prepends ? "" : " ");
    return token;
  };
}

Step replace_step(const std::string& from, const std::string& to) {
  return [=](std::string token, bool) {
    replace_all(token, from, to);
    return token;
  };
}

Step strip_step(const std::string& character, size_t most_left, size_t most_right) {
  return [=](std::string token, bool) {
    for (size_t i = 0; i < most_left && token.starts_with(character); ++i) token.erase(0, character.size());
    for (size_t i = 0; i < most_right && token.ends_with(character); ++i) token.resize(token.size() - character.size());
    return token;
  };
}

void read_replace(const JsonObject& section, DecodeSteps& result) {
  const JsonObject pattern = section.object("pattern");
  if (pattern.has("Regex")) section.refuse("pattern", "a String");
  const std::string from = pattern.text("String");
  if (from.empty()) section.refuse("pattern", "a text that is not empty");
  result.steps.push_back(replace_step(from, section.text("content")));
}

void read_strip(const JsonObject& section, bool is_fused, const std::string& where, DecodeSteps& result) {
  const std::string content = section.text("content");
  const auto left = static_cast<size_t>(section.integer("start", 0, INT32_MAX));
  const auto right = static_cast<size_t>(section.integer("stop", 0, INT32_MAX));
  if (content.empty()) section.refuse("content", "a character");
  if (!is_fused) {
    result.steps.push_back(strip_step(content, left, right));
    return;
  }
  check<UnsupportedError>(content == " " && right == 0, where,
                          ": decoder Strip of the whole text is supported for spaces at its beginning only");
  result.leading_spaces = left;
}

void read_step(const JsonObject& section, const std::string& where, bool& is_fused, DecodeSteps& result) {
  const std::string type = section.text("type");
  if (type == "Strip") return read_strip(section, is_fused, where, result);
  check<UnsupportedError>(!is_fused, where, ": decoder ", type, " behind Fuse is not supported");
  if (type == "ByteLevel") {
    result.byte_level = true;
  } else if (type == "WordPiece") {
    result.steps.push_back(word_piece_step(section.text_or("prefix", "##"), section.flag_or("cleanup", true)));
    result.first_differs = true;
  } else if (type == "Metaspace") {
    const bool prepends =
        section.flag_or("add_prefix_space", true) && section.text_or("prepend_scheme", "always") != "never";
    result.steps.push_back(metaspace_step(section.text_or("replacement", "\u2581"), prepends));
    result.first_differs |= prepends;
  } else if (type == "Replace") {
    read_replace(section, result);
  } else if (type == "ByteFallback") {
    result.byte_tokens = true;
  } else if (type == "Fuse") {
    is_fused = true;
  } else {
    fail<UnsupportedError>(where, ": decoder ", type, " is not supported yet");
  }
}

// Added tokens are not spelled: what cannot be a spelling stands for itself.
std::string decoded(const DecodeSteps& steps, std::string_view token, bool is_first) {
  std::string text(token);
  if (steps.byte_level) text = bytes_of_spelling(token).value_or(std::move(text));
  for (const Step& step : steps.steps) text = step(std::move(text), is_first);
  return text;
}

}  // namespace

DecodeSteps read_decoder(const Json& json, const std::string& where) {
  DecodeSteps result;
  if (json.is_null()) {
    result.steps.push_back([](std::string token, bool is_first) { return is_first ? token : ' ' + token; });
    result.first_differs = true;
    return result;
  }
  const JsonObject section(json, where);
  bool is_fused = false;
  if (section.text("type") != "Sequence") {
    read_step(section, where, is_fused, result);
    return result;
  }
  size_t place = 0;
  for (const Json& step : list(section, "decoders")) {
    const std::string here = where + "[" + std::to_string(place++) + "]";
    read_step(JsonObject(step, here), here, is_fused, result);
  }
  return result;
}

DecodedTokens decode_all(const DecodeSteps& steps, int32_t count,
                         const std::function<std::string_view(int32_t)>& text_of) {
  DecodedTokens tokens;
  tokens.leading_spaces = steps.leading_spaces;
  if (steps.byte_tokens) tokens.bytes.resize(static_cast<size_t>(count), -1);
  for (int32_t id = 0; id < count; ++id) {
    const std::string_view token = text_of(id);
    if (const auto byte = steps.byte_tokens ? byte_of_token(token) : std::nullopt)
      tokens.bytes[static_cast<size_t>(id)] = *byte;
    tokens.texts.add(token.empty() ? std::string() : decoded(steps, token, false));
    if (steps.first_differs) tokens.first.add(token.empty() ? std::string() : decoded(steps, token, true));
  }
  tokens.texts.finish();
  tokens.first.finish();
  return tokens;
}

}  // namespace graft::inline v0
