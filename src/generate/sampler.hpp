// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "generate/candidates.hpp"

namespace graft::inline v0 {

// Chooses the tokens of one sequence. The number that decides is counted by (seed, sequence, position), so a sequence
// does not depend on its neighbours.
class Sampler {
 public:
  // `end_ids` end the text. The options must outlive the object.
  Sampler(const GenerateOptions& options, uint64_t sequence, std::vector<int32_t> end_ids = {});

  // Tokens that are in the text already; `generated` ones count for the frequency and presence penalties, and for the
  // least and the most tokens.
  void saw(int32_t token, bool generated);

  struct Choice {
    int32_t token = 0;
    float log_probability = 0;
    std::vector<Alternative> alternatives;
  };
  // `log_sum` is the logarithm of the sum of the logits' exponentials. Changes the logits as adjust does.
  Choice choose(std::span<float> logits, float log_sum, int position) const;

  // How many of the likeliest tokens are enough to choose from; 0: all are needed, or changed.
  size_t enough() const;
  // The same choice by the first of them, at least so many.
  Choice choose(std::span<const Ranked> likeliest, float log_sum, int position) const;

  // Takes the penalties off the logits, and makes -inf of what must not come next.
  void adjust(std::span<float> logits) const;

 private:
  bool adjusts() const;
  size_t drawn_from() const;  // of the likeliest tokens; 0: of all
  void penalise(std::span<float> logits) const;
  int32_t pick_one(std::span<const Ranked> likeliest, int position) const;
  std::vector<Alternative> alternatives(std::span<const Ranked> likeliest, float log_sum) const;

  struct Counts {
    int seen = 0, generated = 0;
  };
  const GenerateOptions& options_;
  uint64_t sequence_;
  std::vector<int32_t> end_ids_;
  std::vector<int32_t> text_;
  int generated_ = 0;
  std::unordered_map<int32_t, Counts> counts_;
};

// The options that are wrong, as ArgumentError.
void check_options(const GenerateOptions& options);

}  // namespace graft::inline v0
