// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "graft/generate.hpp"

namespace graft::inline v0 {

// Chooses the tokens of one sequence. The number that decides is counted by (seed, sequence, position), so a sequence
// does not depend on its neighbours.
class Sampler {
 public:
  Sampler(const GenerateOptions& options, uint64_t sequence);

  // Tokens that are in the text already; `generated` ones count for the frequency and presence penalties.
  void saw(int32_t token, bool generated);

  struct Choice {
    int32_t token = 0;
    float log_probability = 0;
    std::vector<Alternative> alternatives;
  };
  // `log_sum` is the logarithm of the sum of the logits' exponentials. Changes the logits by the penalties.
  Choice choose(std::span<float> logits, float log_sum, int position) const;

 private:
  bool has_penalties() const;
  void penalise(std::span<float> logits) const;
  int32_t draw(std::span<const float> logits, int position) const;

  struct Counts {
    int seen = 0, generated = 0;
  };
  const GenerateOptions& options_;
  uint64_t sequence_;
  std::unordered_map<int32_t, Counts> counts_;
};

// The options that are wrong, as ArgumentError.
void check_options(const GenerateOptions& options);

}  // namespace graft::inline v0
