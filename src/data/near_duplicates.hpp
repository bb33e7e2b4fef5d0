// SPDX-License-Identifier: Apache-2.0
//
// Texts that are nearly the same, found without comparing all with all: of the sets of their character 5-grams small
// signatures are kept, whose parts agree as often as the sets overlap (MinHash, Broder 1997); texts that agree in a
// band of the signature are candidates, and their sets are compared.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace graft::inline v0 {

class NearDuplicates {
 public:
  explicit NearDuplicates(float similarity) : similarity_(similarity) {}

  static constexpr int kBands = 32, kRows = 4;  // two sets that overlap by half agree in a band 7 times of 8
  // What is compared of a text.
  struct Print {
    std::vector<uint64_t> grams = {};  // hashes, ascending, each once
    std::array<uint64_t, kBands> bands = {};
  };
  // Of a text as `folded` gives it.
  static Print print_of(std::string_view folded_text);

  struct Match {
    size_t text = 0;  // as add() was given it
    float similarity = 0;
  };
  // The earliest added text that is so similar.
  std::optional<Match> find(const Print& print) const;
  void add(Print print, size_t number);

 private:
  struct Text {
    size_t number;
    std::vector<uint64_t> grams;
  };

  float similarity_;
  std::vector<Text> texts_;
  std::array<std::unordered_map<uint64_t, std::vector<uint32_t>>, kBands> buckets_;
};

// The text with its letters in lower case (ASCII) and one space for each run of them: what duplicates are told by.
std::string folded(std::string_view text);

}  // namespace graft::inline v0
