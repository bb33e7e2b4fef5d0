// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/charsmap.hpp"

#include <utf8proc.h>

#include <cstring>

#include "support/message.hpp"
#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr size_t kLongestCluster = 5;  // bytes of a cluster that is replaced as a whole

// The units of the double array (Yata's darts-clone).
bool has_leaf(uint32_t unit) { return unit >> 8 & 1; }
uint32_t value(uint32_t unit) { return unit & 0x7FFFFFFF; }
uint32_t label(uint32_t unit) { return unit & 0x800000FF; }
uint32_t offset(uint32_t unit) { return unit >> 10 << ((unit & 0x200) >> 6); }

size_t count_characters(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) next_code_point(text, at);
  return count;
}

// Appends `after` in the place of `before` characters.
void replace(std::vector<Rewritten>& characters, size_t before, std::string_view after) {
  const size_t first = characters.size();
  for (size_t at = 0; at < after.size();) characters.push_back({next_code_point(after, at), 0});
  const size_t made = characters.size() - first;
  for (size_t i = before; i < made; ++i) characters[first + i].change = 1;
  if (made < before && !characters.empty()) characters.back().change -= static_cast<int>(before - made);
}

// The end of the grapheme cluster that begins at `at`.
size_t cluster_end(std::string_view text, size_t at) {
  utf8proc_int32_t state = 0;
  auto previous = static_cast<utf8proc_int32_t>(next_code_point(text, at));
  while (at < text.size()) {
    size_t next = at;
    const auto c = static_cast<utf8proc_int32_t>(next_code_point(text, next));
    if (utf8proc_grapheme_break_stateful(previous, c, &state)) break;
    previous = c;
    at = next;
  }
  return at;
}

class CharsmapNormalizer : public Normalizer {
 public:
  CharsmapNormalizer(std::string_view bytes, const std::string& where) : map_(bytes, where) {}

  bool leaves(std::string_view text) const override {
    for (const char byte : text)
      if (static_cast<signed char>(byte) < 0 || map_.changes_ascii(static_cast<unsigned char>(byte))) return false;
    return true;
  }
  void apply(NormalizedText& text) const override {
    if (leaves(text.text)) return;
    std::vector<Rewritten> characters;
    characters.reserve(text.text.size());
    for (size_t at = 0; at < text.text.size();) at += rewrite_next(std::string_view(text.text).substr(at), characters);
    rewrite(text, characters);
  }

 protected:
  // Rewrites the beginning of a text, and returns its length.
  virtual size_t rewrite_next(std::string_view text, std::vector<Rewritten>& characters) const = 0;
  // Plain ASCII that nothing can happen to.
  bool is_plain(std::string_view text) const {
    return static_cast<signed char>(text[0]) >= 0 && (text.size() == 1 || static_cast<signed char>(text[1]) >= 0) &&
           !map_.changes_ascii(static_cast<unsigned char>(text[0]));
  }
  const Charsmap& map() const { return map_; }

 private:
  Charsmap map_;
};

class LongestMatches final : public CharsmapNormalizer {
  using CharsmapNormalizer::CharsmapNormalizer;
  size_t rewrite_next(std::string_view text, std::vector<Rewritten>& characters) const override {
    if (const auto match = is_plain(text) ? std::nullopt : map().longest(text)) {
      replace(characters, count_characters(text.substr(0, match->length)), match->replacement);
      return match->length;
    }
    size_t length = 0;
    characters.push_back({next_code_point(text, length), 0});
    return length;
  }
};

class ByCluster final : public CharsmapNormalizer {
  using CharsmapNormalizer::CharsmapNormalizer;
  size_t rewrite_next(std::string_view text, std::vector<Rewritten>& characters) const override {
    if (is_plain(text)) {
      characters.push_back({static_cast<unsigned char>(text[0]), 0});
      return 1;
    }
    const std::string_view cluster = text.substr(0, cluster_end(text, 0));
    if (const auto match = cluster.size() <= kLongestCluster ? map().shortest(cluster) : std::nullopt) {
      replace(characters, count_characters(cluster), match->replacement);
      return cluster.size();
    }
    for (size_t at = 0; at < cluster.size();) {
      size_t next = at;
      const char32_t c = next_code_point(cluster, next);
      if (const auto match = map().shortest(cluster.substr(at, next - at))) {
        replace(characters, 1, match->replacement);
      } else {
        characters.push_back({c, 0});
      }
      at = next;
    }
    return cluster.size();
  }
};

}  // namespace

Charsmap::Charsmap(std::string_view bytes, const std::string& where) {
  uint32_t size = 0;
  check<FileError>(bytes.size() >= sizeof(size), where, ": precompiled_charsmap has ", bytes.size(),
                   " bytes, expected at least 4");
  std::memcpy(&size, bytes.data(), sizeof(size));
  bytes.remove_prefix(sizeof(size));
  check<FileError>(size >= sizeof(uint32_t) && size % sizeof(uint32_t) == 0 && size < bytes.size(), where,
                   ": precompiled_charsmap has a trie of ", size, " bytes in the ", bytes.size(), " that follow");
  check<FileError>(bytes.back() == '\0', where, ": precompiled_charsmap ends within a replacement");
  units_.resize(size / sizeof(uint32_t));
  std::memcpy(units_.data(), bytes.data(), size);
  replacements_ = bytes.substr(size);
  check<FileError>(is_valid_utf8(replacements_), where, ": precompiled_charsmap holds invalid UTF-8");
  for (unsigned char byte = 1; byte < 128; ++byte) ascii_[byte] = replaces_ascii(byte);
}

bool Charsmap::replaces_ascii(unsigned char first) const {
  const auto follow = [&](uint32_t place, unsigned char byte) -> std::optional<uint32_t> {
    place ^= byte;
    if (place >= units_.size() || label(units_[place]) != byte) return std::nullopt;
    return place;
  };
  const std::optional<uint32_t> place = follow(offset(units_[0]), first);
  if (!place || has_leaf(units_[*place])) return place.has_value();
  for (unsigned char next = 1; next < 128; ++next)
    if (follow(*place ^ offset(units_[*place]), next)) return true;
  return false;
}

// A unit that leads out of the table, as only damage makes it, ends the search.
std::optional<Charsmap::Match> Charsmap::find(std::string_view text, bool stops_at_first) const {
  std::optional<Match> match;
  uint32_t place = offset(units_[0]);
  for (size_t at = 0; at < text.size() && text[at] != '\0'; ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    place ^= byte;
    if (place >= units_.size() || label(units_[place]) != byte) break;
    const uint32_t unit = units_[place];
    place ^= offset(unit);
    if (!has_leaf(unit)) continue;
    if (place >= units_.size() || value(units_[place]) >= replacements_.size()) break;
    match = {at + 1, replacements_.c_str() + value(units_[place])};
    if (stops_at_first) break;
  }
  return match;
}

std::unique_ptr<Normalizer> charsmap_normalizer(std::string_view bytes, const std::string& where) {
  return std::make_unique<LongestMatches>(bytes, where);
}
std::unique_ptr<Normalizer> precompiled_normalizer(std::string_view bytes, const std::string& where) {
  return std::make_unique<ByCluster>(bytes, where);
}

}  // namespace graft::inline v0
