// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/normalize_sentencepiece.hpp"

#include <utility>

#include "tokenizers/model_parts.hpp"

namespace graft::inline v0 {
namespace {

class SpaceMarks final : public Normalizer {
 public:
  SpaceMarks(bool adds_prefix, bool removes_extra) : adds_prefix_(adds_prefix), removes_extra_(removes_extra) {}

  bool leaves(std::string_view text) const override { return text.empty(); }

  void apply(NormalizedText& text) const override {
    const std::string_view mark = kSpaceMark, before = text.text;
    NormalizedText after("", text.with_origins);
    after.text.reserve(before.size() + before.size() / 2);
    const auto add = [&](std::string_view bytes, size_t from) {
      after.text += bytes;
      if (text.with_origins) after.origins.insert(after.origins.end(), bytes.size(), text.origins[from]);
    };
    bool may_space = !removes_extra_;  // a space here is not one too many
    for (size_t at = 0; at < before.size(); ++at) {
      const bool is_space = before[at] == ' ';
      if (is_space && !may_space) continue;
      if (after.text.empty() && adds_prefix_) add(mark, at);
      is_space ? add(mark, at) : add(before.substr(at, 1), at);
      may_space = !removes_extra_ || !is_space;
    }
    while (removes_extra_ && after.text.ends_with(mark)) {
      after.text.resize(after.text.size() - mark.size());
      if (text.with_origins) after.origins.resize(after.text.size());
    }
    text = std::move(after);
  }

 private:
  bool adds_prefix_, removes_extra_;
};

}  // namespace

std::unique_ptr<Normalizer> sentencepiece_normalizer(const SentencePieceOptions& options, const std::string& where) {
  std::vector<std::unique_ptr<Normalizer>> steps;
  if (!options.charsmap.empty()) steps.push_back(charsmap_normalizer(options.charsmap, where));
  steps.push_back(std::make_unique<SpaceMarks>(options.adds_prefix, options.removes_extra_spaces));
  return sequence_normalizer(std::move(steps), where);
}

}  // namespace graft::inline v0
