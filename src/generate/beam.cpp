// SPDX-License-Identifier: Apache-2.0
#include "generate/beam.hpp"

#include <algorithm>
#include <cmath>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// An unfinished hypothesis; its score is the plain sum of log-probabilities.
using Beam = Hypothesis;

struct Candidate {
  double score;
  size_t beam;
  int32_t token;
};

bool is_better(const Candidate& a, const Candidate& b) { return a.score > b.score; }

double log_sum(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

// The best `count` continuations of all beams by one token, best first.
std::vector<Candidate> best_candidates(const std::vector<Beam>& beams, const Tensor& logits, size_t count) {
  std::vector<Candidate> all;
  const size_t vocabulary = size_t(logits.cols());
  all.reserve(beams.size() * vocabulary);
  for (size_t beam = 0; beam < beams.size(); ++beam) {
    const std::span<const float> row = logits.values().subspan(beam * vocabulary, vocabulary);
    const double normalizer = log_sum(row);
    for (size_t token = 0; token < vocabulary; ++token)
      all.push_back({beams[beam].score + row[token] - normalizer, beam, int32_t(token)});
  }
  count = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + std::ptrdiff_t(count), all.end(), is_better);
  all.resize(count);
  return all;
}

class Search {
 public:
  Search(const std::vector<int32_t>& prompt, const BeamOptions& options) : prompt_(prompt), options_(options) {}

  Hypothesis run(const NextLogits& next_logits) {
    const size_t width = size_t(options_.beams) * std::max<size_t>(2, 1 + options_.end_tokens.size());
    for (int length = 1; length <= options_.max_tokens; ++length) {
      advance(best_candidates(running_, next_logits(sequences()), width), length);
      if (running_.empty() || cannot_improve(length)) break;
    }
    return finished_.front();
  }

 private:
  std::vector<std::vector<int32_t>> sequences() const {
    std::vector<std::vector<int32_t>> all;
    for (const Beam& beam : running_) {
      all.push_back(prompt_);
      all.back().insert(all.back().end(), beam.tokens.begin(), beam.tokens.end());
    }
    return all;
  }

  bool ends(int32_t token, int length) const {
    return length == options_.max_tokens ||
           std::find(options_.end_tokens.begin(), options_.end_tokens.end(), token) != options_.end_tokens.end();
  }

  double scaled(double sum, int length) const { return sum / std::pow(length, double(options_.length_penalty)); }

  // Only the first `beams` candidates may finish; those that do not end go on.
  void advance(const std::vector<Candidate>& candidates, int length) {
    std::vector<Beam> next;
    const size_t beams = size_t(options_.beams);
    for (size_t rank = 0; rank < candidates.size(); ++rank) {
      const auto [score, beam, token] = candidates[rank];
      const bool is_end = ends(token, length);
      if (is_end ? rank >= beams : next.size() >= beams) continue;
      Beam longer = running_[beam];
      longer.tokens.push_back(token);
      longer.score = is_end ? scaled(score, length) : score;
      (is_end ? finished_ : next).push_back(std::move(longer));
    }
    running_ = std::move(next);
    std::stable_sort(finished_.begin(), finished_.end(),
                     [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
    if (finished_.size() > beams) finished_.resize(beams);
  }

  bool cannot_improve(int length) const {
    return finished_.size() == size_t(options_.beams) &&
           scaled(running_.front().score, length) <= finished_.back().score;
  }

  const std::vector<int32_t>& prompt_;
  const BeamOptions& options_;
  std::vector<Beam> running_ = {Beam{}};
  std::vector<Hypothesis> finished_;
};

}  // namespace

Hypothesis beam_search(const std::vector<int32_t>& prompt, const BeamOptions& options, const NextLogits& next_logits) {
  check(!prompt.empty(), "beam search: the prompt is empty");
  check(options.beams > 0 && options.max_tokens > 0, "beam search: ", options.beams, " beams of ", options.max_tokens,
        " tokens, expected more than 0");
  return Search(prompt, options).run(next_logits);
}

}  // namespace graft::inline v0
