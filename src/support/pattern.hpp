// SPDX-License-Identifier: Apache-2.0
//
// A regular expression of a file or a user, matched by PCRE2 under limits on its steps and its memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "support/piece_sink.hpp"

struct pcre2_real_code_8;

namespace graft::inline v0 {

class Pattern {
 public:
  // `where` (file and field) begins the message of every error. FileError: the expression does not compile.
  Pattern(const std::string& expression, std::string where);
  // Just this text, without any special character.
  static Pattern literal(const std::string& text, std::string where);

  // Calls take(match) for all matches from left to right, without overlap. ResourceError: a match needs more than the
  // limits allow. May be called from many threads.
  void for_each_match(std::string_view text, PieceSink take) const;
  // Whether the expression matches from the first character to the last.
  bool matches_whole(std::string_view text) const;

 private:
  Pattern(const std::string& expression, std::string where, unsigned options);

  std::string where_;
  std::unique_ptr<pcre2_real_code_8, void (*)(pcre2_real_code_8*)> code_;
};

}  // namespace graft::inline v0
