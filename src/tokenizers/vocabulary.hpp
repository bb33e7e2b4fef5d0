// SPDX-License-Identifier: Apache-2.0
//
// The tokens of a model by id and by text, in contiguous tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline v0 {

// Strings numbered from 0, one after the other in one buffer.
class TextTable {
 public:
  void add(std::string_view text);
  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }
  // Bytes of all texts, followed by kSlack bytes that may be read.
  static constexpr size_t kSlack = 16;
  const char* data() const { return bytes_.data(); }
  void finish() { bytes_.resize(bytes_.size() + kSlack); }

 private:
  std::string bytes_;
  std::vector<size_t> ends_;
};

class Vocabulary {
 public:
  struct Entry {
    std::string_view text;
    int32_t id;
  };
  Vocabulary() = default;
  // FileError (its message begins with `where`): two tokens share an id, or an id is out of all proportion to their
  // number. Ids may have holes; two ids may share a text, then the first counts.
  Vocabulary(const std::vector<Entry>& entries, const std::string& where);

  // Tokens in the order of their ids, from 0 on.
  static Vocabulary numbered(const std::vector<std::string_view>& tokens, const std::string& where);

  // One more than the highest id.
  int32_t size() const { return static_cast<int32_t>(texts_.size()); }
  // The token as the files spell it; empty where the id has none.
  std::string_view text(int32_t id) const {
    return id >= 0 && id < size() ? texts_[static_cast<size_t>(id)] : std::string_view();
  }
  bool has(int32_t id) const { return id >= 0 && id < size() && present_[static_cast<size_t>(id)]; }
  std::optional<int32_t> id(std::string_view text) const;

 private:
  TextTable texts_;
  std::vector<bool> present_;
  std::vector<int32_t> slots_;  // open addressing by hash of the text; -1 is free
};

}  // namespace graft::inline v0
