// SPDX-License-Identifier: Apache-2.0
#include "tokenizers/unicode.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

#include "support/utf8.hpp"

namespace graft::inline v0 {
namespace {

constexpr char32_t kCodePoints = 0x110000;
constexpr char32_t kBlock = 256;

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

uint8_t classes_of(char32_t c, const utf8proc_property_t& property) {
  const int category = property.category;
  uint8_t classes = is_space(c) ? kSpace : 0;
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) classes |= kLetter | kWord;
  if (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) classes |= kMark | kWord;
  if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) classes |= kNumber;
  if (category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL || category == UTF8PROC_CATEGORY_PC ||
      c == 0x200C || c == 0x200D)
    classes |= kWord;
  const bool ascii_symbol = c > ' ' && c < 127 && !(classes & (kLetter | kNumber));
  if ((category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO) || ascii_symbol) classes |= kPunctuation;
  if (property.combining_class != 0) classes |= kComposes;
  if (c >= 0x1160 && c <= 0x11FF) classes |= kComposes;  // Hangul vowels and final consonants
  return classes;
}

bool nfc_changes(char32_t c) {
  std::string text;
  append_utf8(text, c);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> composed(
      utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str())), &std::free);
  return !composed || text != reinterpret_cast<const char*>(composed.get());
}

// Marks what canonical composition touches: the later parts of c's decomposition, and c if it does not compose back.
void mark_composition(char32_t c, const utf8proc_property_t& property, std::vector<uint8_t>& classes) {
  if (property.decomp_type != 0 || property.decomp_seqindex == UINT16_MAX) return;
  std::array<utf8proc_int32_t, 32> parts;
  int last_class = 0;
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(),
                                             UTF8PROC_DECOMPOSE, &last_class);
  for (utf8proc_ssize_t i = 1; i < count && i < static_cast<utf8proc_ssize_t>(parts.size()); ++i)
    classes[static_cast<size_t>(parts[i])] |= kComposes;
  if (nfc_changes(c)) classes[c] |= kComposes;
}

}  // namespace

UnicodeTable::UnicodeTable() {
  std::vector<uint8_t> all(kCodePoints);
  for (char32_t c = 0; c < kCodePoints; ++c) {
    if (c == 0x40000) c = 0xE0000;  // planes 4 to 13 are empty
    if (c == 0xF0000) break;        // private use
    const utf8proc_property_t& property = *utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
    all[c] |= classes_of(c, property);
    mark_composition(c, property, all);
  }
  std::copy_n(all.begin(), ascii_.size(), ascii_.begin());
  for (char32_t from = 0; from < kCodePoints; from += kBlock) {
    const auto block = all.begin() + from;
    size_t known = 0;
    while (known < blocks_.size() && !std::equal(block, block + kBlock, blocks_.begin() + known)) known += kBlock;
    if (known == blocks_.size()) blocks_.insert(blocks_.end(), block, block + kBlock);
    stage_[from / kBlock] = static_cast<uint16_t>(known / kBlock);
  }
}

Character UnicodeTable::read_long(std::string_view text, size_t at) const {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  // The common three-byte forms need no more than these tests; the library's reader knows all cases.
  const unsigned lead = byte(0);
  if (lead > 0xE0 && lead < 0xF0 && lead != 0xED && at + 3 <= text.size() && (byte(1) & 0xC0) == 0x80 &&
      (byte(2) & 0xC0) == 0x80) {
    const char32_t point = (lead & 0xF) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    return {point, classes(point), 3};
  }
  size_t next = at;
  const char32_t point = next_code_point(text, next);
  return {point, classes(point), static_cast<uint8_t>(next - at)};
}

const UnicodeTable& unicode_table() {
  static const UnicodeTable table;
  return table;
}

}  // namespace graft::inline v0
