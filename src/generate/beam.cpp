// SPDX-License-Identifier: Apache-2.0
#include "generate/beam.hpp"

#include <algorithm>
#include <cmath>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct Extension {
  double score;
  int beam;
  int32_t token;
  float log_probability;
};

void log_softmax(std::span<float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  const double normalizer = largest + std::log(sum);
  for (float& logit : logits) logit = float(logit - normalizer);
}

class Search {
 public:
  Search(const BeamOptions& options, const AdjustBeam& adjust) : options_(options), adjust_(adjust) {}

  std::vector<Beam> run(const NextLogits& next_logits) {
    const size_t width = size_t(options_.beams) * std::max<size_t>(2, 1 + options_.end_tokens.size());
    for (int length = 1; length <= options_.max_tokens; ++length) {
      const Tensor logits = options_.cancel.stop_requested() ? Tensor() : next_logits(steps_);
      if (!logits) return cancelled(length - 1);
      advance(best_extensions(logits, width), length);
      if (running_.empty() || is_decided(length)) break;
    }
    return std::move(finished_);
  }

 private:
  // The best `count` continuations of all beams by one token, best first.
  std::vector<Extension> best_extensions(const Tensor& logits, size_t count) const {
    std::vector<Extension> all;
    const size_t vocabulary = size_t(logits.cols());
    all.reserve(running_.size() * vocabulary);
    std::vector<float> own(vocabulary);
    for (size_t beam = 0; beam < running_.size(); ++beam) {
      const std::span<float> row = logits.row(int(beam));
      log_softmax(row);
      own.assign(row.begin(), row.end());
      if (adjust_) adjust_(running_[beam].tokens, row);
      for (size_t token = 0; token < vocabulary; ++token)
        if (row[token] > -INFINITY)
          all.push_back({running_[beam].score + row[token], int(beam), int32_t(token), own[token]});
    }
    count = std::min(count, all.size());
    std::partial_sort(all.begin(), all.begin() + std::ptrdiff_t(count), all.end(), [](const auto& a, const auto& b) {
      return a.score != b.score ? a.score > b.score : std::pair(a.beam, a.token) < std::pair(b.beam, b.token);
    });
    all.resize(count);
    return all;
  }

  bool ends(int32_t token, int length) const {
    return length == options_.max_tokens ||
           std::find(options_.end_tokens.begin(), options_.end_tokens.end(), token) != options_.end_tokens.end();
  }

  double scaled(double sum, int length) const { return sum / std::pow(length, double(options_.length_penalty)); }

  // Only the first `beams` extensions may finish; those that do not end go on.
  void advance(const std::vector<Extension>& extensions, int length) {
    std::vector<Beam> next;
    steps_.clear();
    const size_t beams = size_t(options_.beams);
    for (size_t rank = 0; rank < extensions.size(); ++rank) {
      const auto [score, beam, token, log_probability] = extensions[rank];
      const bool is_end = ends(token, length);
      if (is_end ? rank >= beams : next.size() >= beams) continue;
      Beam longer = running_[size_t(beam)];
      longer.tokens.push_back(token);
      longer.log_probabilities.push_back(log_probability);
      longer.score = is_end ? scaled(score, length) : score;
      (is_end ? finished_ : next).push_back(std::move(longer));
      if (!is_end) steps_.push_back({beam, token});
    }
    running_ = std::move(next);
    rank_finished();
  }

  void rank_finished() {
    std::stable_sort(finished_.begin(), finished_.end(),
                     [](const Beam& a, const Beam& b) { return a.score > b.score; });
    if (finished_.size() > size_t(options_.beams)) finished_.resize(size_t(options_.beams));
  }

  bool is_decided(int length) const {
    return finished_.size() == size_t(options_.beams) &&
           (options_.early_stopping || scaled(running_.front().score, length) <= finished_.back().score);
  }

  std::vector<Beam> cancelled(int length) {
    for (Beam& beam : running_) {
      if (length > 0) beam.score = scaled(beam.score, length);
      finished_.push_back(std::move(beam));
    }
    rank_finished();
    return std::move(finished_);
  }

  const BeamOptions& options_;
  const AdjustBeam& adjust_;
  std::vector<Beam> running_ = {Beam{}};
  std::vector<BeamStep> steps_;  // that made the running ones
  std::vector<Beam> finished_;
};

}  // namespace

std::vector<Beam> beam_search(const BeamOptions& options, const NextLogits& next_logits, const AdjustBeam& adjust) {
  check(options.beams > 0 && options.max_tokens > 0, "beam search: ", options.beams, " beams of ", options.max_tokens,
        " tokens, expected more than 0");
  return Search(options, adjust).run(next_logits);
}

}  // namespace graft::inline v0
