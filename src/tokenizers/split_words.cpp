// SPDX-License-Identifier: Apache-2.0
//
// Splitters by words: at white space, punctuation, or the marks that stand for spaces.
#include <utility>

#include "tokenizers/scanner.hpp"
#include "tokenizers/split.hpp"

namespace graft::inline v0 {
namespace {

class WhiteSpaceSplitter final : public Splitter {
  void split(std::string_view text, PieceSink take) const override {
    const Scanner scan(text);
    for (size_t at = scan.run(0, kSpace); !scan.at_end(at);) {
      const size_t end = scan.run<true>(at, kSpace);
      take(text.substr(at, end - at));
      at = scan.run(end, kSpace);
    }
  }
};

class BertSplitter final : public Splitter {
  void split(std::string_view text, PieceSink take) const override {
    const Scanner scan(text);
    for (size_t at = 0; !scan.at_end(at);) {
      const Character c = scan.read(at);
      size_t end = at + c.length;
      if (!(c.classes & (kSpace | kPunctuation))) end = scan.run<true>(end, kSpace | kPunctuation);
      if (!(c.classes & kSpace)) take(text.substr(at, end - at));
      at = end;
    }
  }
};

class WordSplitter final : public Splitter {
  void split(std::string_view text, PieceSink take) const override {
    const Scanner scan(text);
    for (size_t at = scan.run(0, kSpace); !scan.at_end(at);) {
      size_t end = scan.run(at, kWord);
      if (end == at) end = scan.run<true>(at, kWord | kSpace);
      take(text.substr(at, end - at));
      at = scan.run(end, kSpace);
    }
  }
};

class MarkSplitter final : public Splitter {
 public:
  MarkSplitter(std::string mark, bool keeps_runs) : mark_(std::move(mark)), keeps_runs_(keeps_runs) {}

  void split(std::string_view text, PieceSink take) const override {
    size_t begin = 0;
    for (size_t at = text.find(mark_); at != text.npos; at = text.find(mark_, at + mark_.size())) {
      if (at == begin || (keeps_runs_ && text.substr(begin, at - begin).ends_with(mark_))) continue;
      take(text.substr(begin, at - begin));
      begin = at;
    }
    if (begin < text.size()) take(text.substr(begin));
  }

 private:
  std::string mark_;
  bool keeps_runs_;
};

}  // namespace

std::unique_ptr<Splitter> white_space_splitter() { return std::make_unique<WhiteSpaceSplitter>(); }
std::unique_ptr<Splitter> bert_splitter() { return std::make_unique<BertSplitter>(); }
std::unique_ptr<Splitter> word_splitter() { return std::make_unique<WordSplitter>(); }
std::unique_ptr<Splitter> mark_splitter(const std::string& mark) { return std::make_unique<MarkSplitter>(mark, false); }
std::unique_ptr<Splitter> mark_run_splitter(const std::string& mark) {
  return std::make_unique<MarkSplitter>(mark, true);
}

}  // namespace graft::inline v0
