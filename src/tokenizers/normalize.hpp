// SPDX-License-Identifier: Apache-2.0
//
// Normalizers rewrite a text before it is split: Unicode forms, case, replacements. On request they keep, for each byte
// of the result, the bytes of the original that it comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graft::inline v0 {

// Bytes [begin, end) of the original text.
struct TextSpan {
  uint32_t begin, end;
};

struct NormalizedText {
  std::string text;
  std::vector<TextSpan> origins;  // of each byte, when with_origins
  bool with_origins = false;

  NormalizedText() = default;
  NormalizedText(std::string_view original, bool with_origins) { reset(original, with_origins); }
  void reset(std::string_view original, bool with_origins);
};

// One character of a rewritten text. `change` says how it stands to the original: 0 takes the place of the next
// character there, 1 is inserted behind it, -n replaces it and the n characters that follow.
struct Rewritten {
  char32_t point;
  int change;
};
void rewrite(NormalizedText& text, const std::vector<Rewritten>& characters);

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  // Whether the text is known to stay as it is. May be false where it would.
  virtual bool leaves(std::string_view text) const = 0;
  virtual void apply(NormalizedText& text) const = 0;
};

enum class UnicodeForm { nfc, nfd, nfkc, nfkd };
std::unique_ptr<Normalizer> unicode_normalizer(UnicodeForm form);
std::unique_ptr<Normalizer> lowercase_normalizer();
void append_lowercase(std::string& text, char32_t character);

struct BertOptions {
  bool clean = true;             // control characters go, all white space is a space
  bool separate_chinese = true;  // a space before and behind every Chinese character
  bool strip_accents = false;
  bool lowercase = true;
};
std::unique_ptr<Normalizer> bert_normalizer(const BertOptions& options);
// What Google's NMT did first: control characters go, separators and the like are spaces.
std::unique_ptr<Normalizer> nmt_normalizer();
// Takes white space from the ends of a text.
std::unique_ptr<Normalizer> strip_normalizer(bool left, bool right);
// Takes all marks out of the text.
std::unique_ptr<Normalizer> strip_accents_normalizer();
std::unique_ptr<Normalizer> prepend_normalizer(const std::string& text);
// Prepends unless the text begins so already.
std::unique_ptr<Normalizer> prefix_normalizer(const std::string& text);
// Replaces a text, or all matches of a regular expression. `where` begins error messages; ResourceError: the text would
// grow out of all proportion.
std::unique_ptr<Normalizer> replace_normalizer(const std::string& pattern, bool is_regex, const std::string& content,
                                               const std::string& where);
std::unique_ptr<Normalizer> sequence_normalizer(std::vector<std::unique_ptr<Normalizer>> steps,
                                                const std::string& where);

}  // namespace graft::inline v0
