// SPDX-License-Identifier: Apache-2.0
//
// The tokens that a draw may choose, and the limits that narrow them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graft/generate.hpp"

namespace graft::inline v0 {

struct Candidate {
  int32_t token = 0;
  double weight = 0;  // in proportion to its probability
};

struct Ranked {
  int32_t token = 0;
  float logit = 0;
};

// The likeliest first; of equals the smaller id. What is forbidden (-inf) or no number is left out, but token 0 stands
// where that is all.
std::vector<Ranked> likeliest(std::span<const float> logits, size_t count);

// What the limits of the options leave at their temperature, above 0, the likeliest first. Each limit narrows what the
// one before it has left, in the order of the options.
std::vector<Candidate> candidates(const GenerateOptions& options, std::span<const float> logits);
// The same of the likeliest tokens alone, in their order, among which are the options' top_k.
std::vector<Candidate> candidates(const GenerateOptions& options, std::span<const Ranked> likeliest);

// One of them at its rate; `at` from 0 to below 1 decides.
int32_t pick(std::span<const Candidate> candidates, double at);

}  // namespace graft::inline v0
