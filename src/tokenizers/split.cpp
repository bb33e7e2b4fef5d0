// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/split.hpp"

#include "tokenizers/scanner.hpp"

namespace graft::inline v0 {
namespace {

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
size_t gpt2_piece(const Scanner& scan, std::string_view text, size_t at) {
  if (text[at] == '\'')
    if (const size_t end = scan.contraction(at, false)) return end;
  const size_t word = text[at] == ' ' && !scan.at_end(at + 1) ? at + 1 : at;
  const Character c = scan.read(word);
  if (c.classes & kLetter) return scan.run(word + c.length, kLetter);
  if (c.classes & kNumber) return scan.run(word + c.length, kNumber);
  return c.classes & kSpace ? scan.spaces(at) : scan.symbols(word + c.length);
}

size_t last_newline(std::string_view text, size_t at, size_t end) {
  while (end > at && text[end - 1] != '\n' && text[end - 1] != '\r') --end;
  return end;
}

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|
// \s+(?!\S)|\s+
size_t cl100k_piece(const Scanner& scan, std::string_view text, size_t at, int digits) {
  const Character c = scan.read(at);
  if (c.point == '\'')
    if (const size_t end = scan.contraction(at, true)) return end;
  if (c.classes & kLetter) return scan.run(at + c.length, kLetter);
  size_t next = at + c.length;
  if (c.classes & kNumber) {
    for (int count = 1; count < digits && !scan.at_end(next); ++count) {
      const Character more = scan.read(next);
      if (!(more.classes & kNumber)) break;
      next += more.length;
    }
    return next;
  }
  const Character follower = scan.at_end(next) ? Character{0, kSpace, 0} : scan.read(next);
  if ((follower.classes & kLetter) && c.point != '\r' && c.point != '\n')
    return scan.run(next + follower.length, kLetter);
  if (!(c.classes & kSpace) || (c.point == ' ' && !(follower.classes & (kLetter | kNumber | kSpace)))) {
    next = scan.symbols(next);
    while (!scan.at_end(next) && (text[next] == '\r' || text[next] == '\n')) ++next;
    return next;
  }
  const size_t newline = last_newline(text, at, scan.run(at, kSpace));
  return newline > at ? newline : scan.spaces(at);
}

class Gpt2Splitter final : public Splitter {
  void split(std::string_view text, PieceSink take) const override {
    const Scanner scan(text);
    for (size_t at = 0; at < text.size();) {
      const size_t end = gpt2_piece(scan, text, at);
      take(text.substr(at, end - at));
      at = end;
    }
  }
};

class Cl100kSplitter final : public Splitter {
 public:
  explicit Cl100kSplitter(int digits) : digits_(digits) {}
  void split(std::string_view text, PieceSink take) const override {
    const Scanner scan(text);
    for (size_t at = 0; at < text.size();) {
      const size_t end = cl100k_piece(scan, text, at, digits_);
      take(text.substr(at, end - at));
      at = end;
    }
  }

 private:
  int digits_;
};

class DigitsSplitter final : public Splitter {
 public:
  explicit DigitsSplitter(bool individual) : individual_(individual) {}
  void split(std::string_view text, PieceSink take) const override {
    const Scanner scan(text);
    for (size_t at = 0; at < text.size();) {
      size_t end = scan.run<true>(at, kNumber);
      if (end == at) end = individual_ ? at + scan.read(at).length : scan.run(at, kNumber);
      take(text.substr(at, end - at));
      at = end;
    }
  }

 private:
  bool individual_;
};

}  // namespace

std::unique_ptr<Splitter> gpt2_splitter() { return std::make_unique<Gpt2Splitter>(); }
std::unique_ptr<Splitter> cl100k_splitter(int digits) { return std::make_unique<Cl100kSplitter>(digits); }
std::unique_ptr<Splitter> digits_splitter(bool individual) { return std::make_unique<DigitsSplitter>(individual); }

}  // namespace graft::inline v0
