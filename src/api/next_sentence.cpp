// SPDX-License-Identifier: Apache-2.0
#include "api/next_sentence.hpp"

#include "api/encode_rows.hpp"
#include "support/message.hpp"
#include "support/random_draws.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kSpecialTokens = 3;  // around two segments
constexpr double kShortRows = 0.1;

struct Line {
  size_t document, begin, end;  // bytes of its text
  size_t tokens;
};
struct Segment {
  size_t begin, end;  // lines of one document
};

std::vector<Line> lines_of(const Tokenizer& tokenizer, const Dataset& data) {
  std::vector<Line> lines;
  for (size_t i = 0; i < data.size(); ++i) {
    const std::string& text = data[i].text;
    for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
      end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = std::string_view(text).substr(begin, end - begin);
      const size_t tokens = tokenizer.encode(line, {.special_tokens = false, .parse_special = false}).size();
      if (tokens > 0) lines.push_back({i, begin, end, tokens});
    }
  }
  return lines;
}

class PairMaker {
 public:
  PairMaker(const Model::State& model, const Dataset& data, size_t length)
      : model_(model), data_(data), length_(length), lines_(lines_of(model.tokenizer, data)) {
    check(lines_.size() > 1, "training: the texts have ", lines_.size(),
          " lines, expected pairs of lines that follow each other");
  }

  std::vector<TokenRow> make() {
    std::vector<TokenRow> rows;
    for (size_t at = 0; at < lines_.size();) {
      const size_t room = next_room(), end = filled(at, room);
      const Segment first = {at, end - at == 1 ? end : at + 1 + draw_.below(end - at - 1)};
      const bool follows = first.end < end && draw_.uniform() < 0.5;
      rows.push_back(pair(first, follows ? Segment{first.end, end} : other(first, room)));
      at = follows ? end : first.end;
    }
    return rows;
  }

 private:
  size_t next_room() {
    const size_t room = length_ > kSpecialTokens + 2 ? length_ - kSpecialTokens : 2;
    return draw_.uniform() < kShortRows ? 2 + draw_.below(room - 1) : room;
  }

  // Behind the lines from `at` on that have so many tokens, or are the last of their document.
  size_t filled(size_t at, size_t tokens) const {
    size_t end = at;
    for (size_t sum = 0; end < lines_.size() && lines_[end].document == lines_[at].document && sum < tokens; ++end)
      sum += lines_[end].tokens;
    return end;
  }

  // Of another document, if there is one.
  Segment other(const Segment& first, size_t room) {
    size_t at = draw_.below(lines_.size());
    for (int tries = 0; tries < 10 && lines_[at].document == lines_[first.begin].document; ++tries)
      at = draw_.below(lines_.size());
    size_t taken = 0;
    for (size_t line = first.begin; line < first.end; ++line) taken += lines_[line].tokens;
    return {at, filled(at, taken < room ? room - taken : 1)};
  }

  std::string_view text(const Segment& segment) const {
    const Line &first = lines_[segment.begin], &last = lines_[segment.end - 1];
    return std::string_view(data_[first.document].text).substr(first.begin, last.end - first.begin);
  }

  TokenRow pair(const Segment& first, const Segment& second) const {
    const Encoding encoding = encode_text(model_, text(first), text(second), length_);
    return {.ids = encoding.ids, .types = encoding.type_ids, .label = second.begin == first.end ? 0 : 1};
  }

  const Model::State& model_;
  const Dataset& data_;
  size_t length_;
  std::vector<Line> lines_;
  RandomDraws draw_{0, 0};
};

}  // namespace

std::vector<TokenRow> next_sentence_rows(const Model::State& model, const Dataset& data, size_t length) {
  return PairMaker(model, data, length).make();
}

}  // namespace graft::inline v0
