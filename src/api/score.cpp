// SPDX-License-Identifier: Apache-2.0
#include "api/passes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {

std::vector<Scored> Model::score(std::string_view prompt, std::span<const std::string> continuations,
                                 const Adapter* adapter) const {
  check<UnsupportedError>(state_->trunk->architecture.task == Task::causal, "score: the model is a ",
                          state_->trunk->architecture.name, ", expected a decoder");
  const std::vector<int32_t> before = state_->tokenizer.encode(prompt);
  check(!before.empty(), "score: the prompt has no tokens");
  std::vector<std::vector<int32_t>> ids;
  std::vector<PassInput> inputs;
  for (const std::string& continuation : continuations) {
    const std::vector<int32_t> after =
        state_->tokenizer.encode(continuation, {.special_tokens = false, .parse_special = false});
    std::vector<int32_t>& whole = ids.emplace_back(before);
    whole.insert(whole.end(), after.begin(), after.end());
  }
  for (const std::vector<int32_t>& whole : ids) inputs.push_back({whole});
  std::vector<Scored> results;
  for_each_pass(Call(*state_, adapter), inputs, [&](NetworkPass& pass, const Tensor& hidden, size_t first) {
    Targets targets;
    for (int i = 0; i < pass.batch().sequences(); ++i) {
      const std::vector<int32_t>& whole = ids[first + size_t(i)];
      for (size_t at = before.size(); at < whole.size(); ++at) {
        targets.rows.push_back(pass.batch().offsets[size_t(i)] + int32_t(at) - 1);
        targets.tokens.push_back(whole[at]);
      }
    }
    targets.weights.assign(targets.rows.size(), 1);
    const std::vector<float> found =
        state_->trunk->transformer.head().loss(pass.run(), hidden, std::move(targets)).log_probabilities;
    size_t next = 0;
    for (int i = 0; i < pass.batch().sequences(); ++i) {
      Scored& scored = results.emplace_back();
      scored.tokens = int(ids[first + size_t(i)].size() - before.size());
      for (int token = 0; token < scored.tokens; ++token) scored.log_likelihood += found[next++];
    }
  });
  return results;
}

}  // namespace graft::inline v0
