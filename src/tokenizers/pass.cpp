// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/pass.hpp"

#include <algorithm>
#include <limits>

#include "support/message.hpp"
#include "support/utf8.hpp"
#include "tokenizers/pipeline.hpp"
#include "tokenizers/unicode.hpp"

namespace graft::inline v0 {
namespace {

// Characters of white space at the beginning of a text, and at its end.
std::pair<size_t, size_t> white_ends(std::string_view text) {
  size_t leading = 0, trailing = 0;
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const Character c = unicode_table().read(text, at);
    const bool space = c.classes & kSpace;
    inside |= !space;
    if (!inside) ++leading;
    trailing = space ? trailing + 1 : 0;
    at += c.length;
  }
  return {leading, trailing};
}

// Spaces alone, as the spelling of tokens shows them.
std::pair<size_t, size_t> space_ends(std::string_view bytes) {
  const size_t first = bytes.find_first_not_of(' ');
  if (first == std::string_view::npos) return {bytes.size(), bytes.size()};
  return {first, bytes.size() - 1 - bytes.find_last_not_of(' ')};
}

}  // namespace

Pass::Pass(const PassContext& context, std::string_view text, const PipelineOptions& options, bool with_spans)
    : context_(context),
      text_(text),
      options_(options),
      with_spans_(with_spans),
      with_origins_(with_spans || !options.foreign.empty()),
      run_(text.size(), with_spans),
      rewritten_(context.parts.steps.size()) {
  for (const SplitStep& step : context.parts.steps) with_origins_ |= step.only_first;
  check(text.size() <= std::numeric_limits<int32_t>::max(), "encode: a text of ", text.size(),
        " bytes, expected less than 2^31");
  const auto in_original = [&](const AddedToken& token, size_t begin, size_t end) {
    return admits(token, {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
  };
  context_.original.split(text, in_original, [&](const AddedTokenFinder::Stretch& stretch) {
    if (!stretch.token) return normalize(stretch.begin, stretch.end);
    add_token(*stretch.token, {static_cast<uint32_t>(stretch.begin), static_cast<uint32_t>(stretch.end)});
  });
}

bool Pass::admits(const AddedToken& token, TextSpan where) const {
  if (!token.special) return true;
  if (!options_.parse_special) return false;
  const auto behind = std::lower_bound(options_.foreign.begin(), options_.foreign.end(), where.begin,
                                       [](const TextSpan& span, uint32_t at) { return span.end <= at; });
  return behind == options_.foreign.end() || behind->begin >= where.end;
}

void Pass::add_token(const AddedToken& token, TextSpan where) {
  run_.ids.push_back(token.id);
  if (!with_spans_) return;
  const auto [leading, trailing] = white_ends(text_.substr(where.begin, where.end - where.begin));
  run_.places.push_back({nullptr, 0});
  spans_.push_back(trimmed(where, leading, trailing));
}

void Pass::normalize(size_t begin, size_t end) {
  const std::string_view text = text_.substr(begin, end - begin);
  const Normalizer* normalizer = context_.parts.normalizer.get();
  if (!normalizer || normalizer->leaves(text)) return find_normalized({text, nullptr, nullptr, begin});
  NormalizedText rewritten(text, with_origins_);
  normalizer->apply(rewritten);
  find_normalized({rewritten.text, &rewritten, nullptr, begin});
}

void Pass::find_normalized(const Part& part) {
  const auto in_part = [&](const AddedToken& token, size_t begin, size_t end) {
    return admits(token, with_origins_ ? original(part, begin, end) : TextSpan{0, 0});
  };
  context_.normalized.split(part.text, in_part, [&](const AddedTokenFinder::Stretch& stretch) {
    if (!stretch.token) return split(0, part, part.text.substr(stretch.begin, stretch.end - stretch.begin));
    add_token(*stretch.token, with_spans_ ? original(part, stretch.begin, stretch.end) : TextSpan{0, 0});
  });
}

void Pass::split(size_t level, const Part& part, std::string_view piece) {
  if (level == context_.parts.steps.size()) {
    context_.model.encode(piece, run_);
    if (with_spans_) add_spans(part);
    return;
  }
  const SplitStep& step = context_.parts.steps[level];
  if (step.rewriter) return rewrite(level, part, piece);
  step.splitter->split(piece, [&](std::string_view smaller) { split(level + 1, part, smaller); });
}

void Pass::rewrite(size_t level, const Part& part, std::string_view piece) {
  const SplitStep& step = context_.parts.steps[level];
  const auto at = static_cast<size_t>(piece.data() - part.text.data());
  const bool stays = piece.empty() || step.rewriter->leaves(piece) ||
                     (step.only_first && original(part, at, at + piece.size()).begin > 0);
  if (stays) return split(level + 1, part, piece);
  NormalizedText& rewritten = rewritten_[level];
  rewritten.reset(piece, with_origins_);
  step.rewriter->apply(rewritten);
  split(level + 1, {rewritten.text, &rewritten, &part, at}, rewritten.text);
}

// The spans of the tokens that the model has just made of a piece of the part.
void Pass::add_spans(const Part& part) {
  for (size_t i = spans_.size(); i < run_.places.size(); ++i) {
    const TokenRun::Place& place = run_.places[i];
    const auto from = static_cast<size_t>(place.bytes - part.text.data());
    const auto [leading, trailing] = space_ends({place.bytes, place.length});
    spans_.push_back(trimmed(original(part, from, from + place.length), leading, trailing));
  }
}

// Whole characters, even where the part's bytes are less.
TextSpan Pass::original(const Part& part, size_t begin, size_t end) const {
  if (part.rewritten) {
    const std::vector<TextSpan>& origins = part.rewritten->origins;
    const size_t last = std::max(end, begin + 1) - 1;
    begin = origins[begin].begin;
    end = origins[last].end;
  }
  begin += part.base;
  end += part.base;
  if (part.parent) return original(*part.parent, begin, end);
  for (int i = 0; i < 3 && begin > 0 && is_continuation(text_[begin]); ++i) --begin;
  for (int i = 0; i < 3 && end < text_.size() && is_continuation(text_[end]); ++i) ++end;
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

TextSpan Pass::trimmed(TextSpan span, size_t leading, size_t trailing) const {
  const PostProcessor& post = context_.parts.post;
  if (!post.trim_offsets) return span;
  const bool begins_text = spans_.empty() || span.begin == 0;
  if (begins_text && post.prefix_space && leading == 1) leading = 0;
  // Character by character: what a prefix was put before may be longer than the space itself.
  for (; leading > 0 && span.begin < span.end; --leading)
    while (++span.begin < span.end && is_continuation(text_[span.begin])) continue;
  for (; trailing > 0 && span.end > span.begin; --trailing)
    while (--span.end > span.begin && is_continuation(text_[span.end])) continue;
  return span;
}

}  // namespace graft::inline v0
