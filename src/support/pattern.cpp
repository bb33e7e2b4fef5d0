// SPDX-License-Identifier: Apache-2.0
#include "support/pattern.hpp"

#include <pcre2.h>

#include <new>
#include <utility>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr uint32_t kMatchLimit = 1'000'000;
constexpr uint32_t kHeapLimit = 64 << 10;  // in KiB
constexpr uint32_t kDepthLimit = 1'000'000;
constexpr size_t kLongestExpression = 1 << 16;

std::string reason(int code) {
  PCRE2_UCHAR text[160] = {};
  pcre2_get_error_message(code, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

// What one call needs to match: the patterns themselves are shared between threads.
struct Matcher {
  explicit Matcher(const pcre2_code* code)
      : data(pcre2_match_data_create_from_pattern(code, nullptr), &pcre2_match_data_free),
        context(pcre2_match_context_create(nullptr), &pcre2_match_context_free) {
    if (!data || !context) throw std::bad_alloc();
    pcre2_set_match_limit(context.get(), kMatchLimit);
    pcre2_set_heap_limit(context.get(), kHeapLimit);
    pcre2_set_depth_limit(context.get(), kDepthLimit);
  }
  std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> data;
  std::unique_ptr<pcre2_match_context, void (*)(pcre2_match_context*)> context;
};

}  // namespace

Pattern::Pattern(const std::string& expression, std::string where, unsigned options)
    : where_(std::move(where)), code_(nullptr, &pcre2_code_free) {
  check<FileError>(expression.size() <= kLongestExpression, where_, ": a pattern of ", expression.size(),
                   " bytes, expected at most ", kLongestExpression);
  int error = 0;
  PCRE2_SIZE at = 0;
  code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(),
                            options | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &at, nullptr));
  check<FileError>(code_ != nullptr, where_, ": the pattern '", expression, "' is not understood at ", at, ": ",
                   reason(error));
}

Pattern::Pattern(const std::string& expression, std::string where)
    : Pattern(expression, std::move(where), PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C) {}

Pattern Pattern::literal(const std::string& text, std::string where) {
  return Pattern(text, std::move(where), PCRE2_LITERAL);
}

void Pattern::for_each_match(std::string_view text, PieceSink take) const {
  const Matcher matcher(code_.get());
  const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(matcher.data.get());
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  for (size_t at = 0; at < text.size();) {
    const int found = pcre2_match(code_.get(), subject, text.size(), at, 0, matcher.data.get(), matcher.context.get());
    if (found == PCRE2_ERROR_NOMATCH) return;
    check<ResourceError>(found > 0, where_, ": the pattern gives up on a text of ", text.size(),
                         " bytes: ", reason(found));
    if (bounds[1] > bounds[0]) take(text.substr(bounds[0], bounds[1] - bounds[0]));
    // An empty match moves on by one character.
    at = bounds[1];
    if (bounds[1] <= bounds[0])
      for (++at; at < text.size() && (text[at] & 0xC0) == 0x80;) ++at;
  }
}

bool Pattern::matches_whole(std::string_view text) const {
  const Matcher matcher(code_.get());
  const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                                PCRE2_ANCHORED | PCRE2_ENDANCHORED, matcher.data.get(), matcher.context.get());
  check<ResourceError>(found > 0 || found == PCRE2_ERROR_NOMATCH, where_, ": the pattern gives up on \"", text,
                       "\": ", reason(found));
  return found > 0;
}

}  // namespace graft::inline v0
