// SPDX-License-Identifier: Apache-2.0
//
// Chat templates: they make one text of a conversation.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/normalize.hpp"

namespace graft::inline v0 {

// What a template is given, as JSON texts.
struct ChatInput {
  std::string messages = {};  // an array of objects with role and content
  std::string tools = {};     // an array; empty: no tools
  std::string extra = {};     // an object with further variables; may be empty
  bool add_generation_prompt = false;
  std::string now = {};  // what strftime_now tells: "2026-03-04T05:06:07"; empty: the clock's local time
};

struct RenderedChat {
  std::string text;
  std::vector<TextSpan> foreign;  // what comes from the input rather than from the template, in order
};

class ChatTemplate {
 public:
  // `variables` are the special tokens that the template may write: bos_token and so on. `where` (the file) begins the
  // message of every error. FileError: it is no template; UnsupportedError: it uses what is not supported.
  ChatTemplate(std::string_view source, std::vector<std::pair<std::string, std::string>> variables, std::string where);
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;
  ChatTemplate& operator=(ChatTemplate&&) noexcept;

  // ArgumentError: the template refuses the messages; ResourceError: it does not come to an end. May be called from
  // many threads.
  RenderedChat render(const ChatInput& input) const;

 private:
  struct Parsed;
  std::unique_ptr<const Parsed> parsed_;
  std::vector<std::pair<std::string, std::string>> variables_;
  std::string where_;
};

}  // namespace graft::inline v0
