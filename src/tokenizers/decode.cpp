// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/decode.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the valid beginning of `text` from `at` on. Plain ASCII is passed over eight bytes at a time.
size_t valid_until(std::string_view text, size_t at) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  while (at < text.size()) {
    if (at + 8 <= text.size()) {
      uint64_t word = 0;
      std::memcpy(&word, text.data() + at, 8);
      if (!(word & kHighBits)) {
        at += 8;
        continue;
      }
    }
    if (static_cast<signed char>(text[at]) >= 0) {
      ++at;
      continue;
    }
    size_t next = at;
    if (next_code_point(text, next) == 0xFFFD && text.substr(at, next - at) != kReplacement) return at;
    at = next;
  }
  return at;
}

// Whether the bytes are the beginning of a character that more bytes could complete.
bool is_unfinished(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const size_t length = lead >= 0xF0 && lead <= 0xF4 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 ? 2 : 0;
  return lead <= 0xF4 && bytes.size() < length;
}

bool ends_in_replacement(std::string_view text) {
  return text.size() >= kReplacement.size() && text.substr(text.size() - kReplacement.size()) == kReplacement;
}

// For bytes that make no characters.
std::string replacements(size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += kReplacement;
  return text;
}

}  // namespace

std::string valid_text(std::string bytes, std::string* tail) {
  size_t at = valid_until(bytes, 0);
  if (at == bytes.size()) return bytes;
  std::string text = bytes.substr(0, at);
  while (at < bytes.size()) {
    size_t next = at;
    next_code_point(bytes, next);
    const std::string_view broken = std::string_view(bytes).substr(at, next - at);
    if (tail && next == bytes.size() && is_unfinished(broken)) {
      *tail = broken;
      break;
    }
    text += kReplacement;
    at = valid_until(bytes, next);
    text.append(bytes, next, at - next);
  }
  return text;
}

Decoder::Decoder(DecodedTokens tokens, std::vector<bool> special)
    : tokens_(std::move(tokens)), special_(std::move(special)) {}

std::string Decoder::decode(std::span<const int32_t> ids, bool skip_special) const {
  if (tokens_.first.size() == 0 && tokens_.bytes.empty() && tokens_.leading_spaces == 0)
    return plain(ids, skip_special);
  std::string all, bytes;
  bool is_first = true;
  const auto end_bytes = [&] {
    all += is_valid_utf8(bytes) ? bytes : replacements(bytes.size());
    bytes.clear();
  };
  for (const int32_t id : ids) {
    if (skip_special && is_special(id)) continue;
    if (const int spelled = byte(id); spelled >= 0) {
      bytes += static_cast<char>(spelled);
    } else {
      end_bytes();
      all += text(id, is_first);
    }
    is_first = false;
  }
  end_bytes();
  all.erase(0, std::min(all.find_first_not_of(' '), std::min(tokens_.leading_spaces, all.size())));
  return valid_text(std::move(all));
}

// Where every token has its bytes wherever it stands.
std::string Decoder::plain(std::span<const int32_t> ids, bool skip_special) const {
  constexpr size_t kSlack = TextTable::kSlack;
  size_t size = 0;
  for (const int32_t id : ids) size += text(id, false).size();
  std::string all(size + kSlack, '\0');
  char* out = all.data();
  for (const int32_t id : ids) {
    if (skip_special && is_special(id)) continue;
    const std::string_view token = text(id, false);
    if (token.empty()) continue;
    // Most tokens are shorter than the slack: one copy of fixed size is quicker than one of the right size.
    if (token.size() <= kSlack) {
      std::memcpy(out, token.data(), kSlack);
    } else {
      std::memcpy(out, token.data(), token.size());
    }
    out += token.size();
  }
  all.resize(static_cast<size_t>(out - all.data()));
  return valid_text(std::move(all));
}

std::string StreamDecoder::push(int32_t id) {
  if (skip_special_ && decoder_->is_special(id)) return {};
  const bool is_first = std::exchange(is_first_, false);
  if (const int byte = decoder_->byte(id); byte >= 0) {
    bytes_ += static_cast<char>(byte);
    if (!is_valid_utf8(bytes_)) return {};
    add(std::exchange(bytes_, {}));
  } else {
    end_bytes();
    add(decoder_->text(id, is_first));
  }
  if (!tail_.empty() || ends_in_replacement(ready_)) return {};
  return std::exchange(ready_, {});
}

void StreamDecoder::end_bytes() { add(replacements(std::exchange(bytes_, {}).size())); }

void StreamDecoder::add(std::string_view text) {
  for (; leading_spaces_ > 0 && text.starts_with(' '); --leading_spaces_) text.remove_prefix(1);
  if (!text.empty()) leading_spaces_ = 0;
  ready_ += valid_text(std::exchange(tail_, {}).append(text), &tail_);
}

std::string StreamDecoder::flush() {
  end_bytes();
  std::string rest = std::exchange(ready_, {});
  return rest += valid_text(std::exchange(tail_, {}));
}

}  // namespace graft::inline v0
