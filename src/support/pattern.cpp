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

Pattern::Pattern(const std::string& expression, std::string where) : Pattern(expression, std::move(where), PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C) {}
