// SPDX-License-Identifier: Apache-2.0
//
// The decoder of a tokenizer.json: steps that make text of the tokens, carried out once for every token of the
// vocabulary.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/json.hpp"
#include "tokenizers/decode.hpp"

namespace graft::inline v0 {

struct DecodeSteps {
  // What becomes of a token; `is_first` where no other stands before it.
  using Step = std::function<std::string(std::string token, bool is_first)>;
  std::vector<Step> steps;
  bool byte_level = false;     // tokens are spelled as GPT-2 does
  bool first_differs = false;  // some step heeds is_first
  bool byte_tokens = false;    // <0x00> … <0xFF> are bytes
  size_t leading_spaces = 0;   // taken from the beginning of the text
};

// Without a decoder tokens stand apart, with a space between them.
DecodeSteps read_decoder(const Json& json, const std::string& where);

// `text_of` gives the text of an id below `count`, empty where there is no token.
DecodedTokens decode_all(const DecodeSteps& steps, int32_t count,
                         const std::function<std::string_view(int32_t)>& text_of);

}  // namespace graft::inline v0
