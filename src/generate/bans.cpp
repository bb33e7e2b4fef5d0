// SPDX-License-Identifier: Apache-2.0
#include "generate/bans.hpp"

#include <algorithm>
#include <limits>

namespace graft::inline v0 {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

bool ends_with(std::span<const int32_t> text, std::span<const int32_t> end) {
  return text.size() >= end.size() && std::equal(end.begin(), end.end(), text.end() - std::ptrdiff_t(end.size()));
}

}  // namespace

void forbid(std::span<float> logits, std::span<const int32_t> tokens) {
  for (const int32_t token : tokens)
    if (token >= 0 && size_t(token) < logits.size()) logits[size_t(token)] = kForbidden;
}

void force(std::span<float> logits, std::span<const int32_t> tokens) {
  for (size_t id = 0; id < logits.size(); ++id)
    if (std::find(tokens.begin(), tokens.end(), int32_t(id)) == tokens.end()) logits[id] = kForbidden;
}

void forbid_repeated_ngrams(std::span<float> logits, std::span<const int32_t> text, int size) {
  const size_t held = size_t(size) - 1;  // of a run, by the end of the text
  if (text.size() < held) return;
  const std::span<const int32_t> end = text.last(held);
  for (size_t last = held; last < text.size(); ++last)
    if (ends_with(text.first(last), end)) forbid(logits, text.subspan(last, 1));
}

void forbid_runs(std::span<float> logits, std::span<const int32_t> text, std::span<const std::vector<int32_t>> runs) {
  for (const std::vector<int32_t>& run : runs)
    if (ends_with(text, std::span(run).first(run.size() - 1))) forbid(logits, std::span(run).last(1));
}

}  // namespace graft::inline v0
