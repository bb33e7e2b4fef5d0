// SPDX-License-Identifier: Apache-2.0
//
// Values of a real model, whose weights the user has: prompts "0", "1" … with what the model makes of them.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "cli/verify_kinds.hpp"
#include "cli/verify_passes.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

double log_sum(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum);
}

// The prompts as a packed batch of their own, under the names that all model goldens have.
Goldens packed_prompts(const Goldens& goldens, size_t count) {
  Goldens packed;
  packed.file = goldens.file;
  Golden &ids = packed.tensors["ids"], &offsets = packed.tensors["offsets"];
  offsets.integers = {0};
  for (size_t i = 0; i < count; ++i) {
    const std::vector<int64_t>& prompt = goldens.integers(message(i, ".ids"));
    ids.integers.insert(ids.integers.end(), prompt.begin(), prompt.end());
    offsets.integers.push_back(int64_t(ids.integers.size()));
  }
  return packed;
}

// The largest logits in their order. Equal to the expected ones where those are as large, within the tolerance, as what
// stands at their place here: close ones may change places.
void compare_top(const std::string& name, std::span<const float> logits, const Goldens& goldens,
                 Comparison& comparison) {
  const std::vector<int64_t>& expected = goldens.integers(name + "top_ids");
  const double tolerance = goldens.at(name + "top_logits").tolerance;
  std::vector<float> sorted(logits.begin(), logits.end()), found;
  std::partial_sort(sorted.begin(), sorted.begin() + std::ptrdiff_t(expected.size()), sorted.end(), std::greater<>());
  std::vector<int64_t> ids;
  for (size_t rank = 0; rank < expected.size(); ++rank) {
    check<FileError>(expected[rank] >= 0 && expected[rank] < int64_t(logits.size()), goldens.file, ": \"", name,
                     "top_ids\" holds ", expected[rank], ", expected less than ", logits.size());
    found.push_back(logits[size_t(expected[rank])]);
    ids.push_back(std::abs(found.back() - sorted[rank]) <= tolerance ? expected[rank] : -1);
  }
  comparison.integers(name + "top_ids", ids);
  comparison.floats(name + "top_logits", found);
}

void compare_prompt(const std::string& name, std::span<const int32_t> ids, std::span<const float> logits,
                    const Goldens& goldens, Comparison& comparison) {
  const size_t vocabulary = logits.size() / ids.size();
  std::vector<float> losses;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    const std::span<const float> row = logits.subspan(i * vocabulary, vocabulary);
    losses.push_back(float(log_sum(row) - row[size_t(ids[i + 1])]));
  }
  comparison.floats(name + "nll", losses);
  const std::span<const float> last = logits.last(vocabulary);
  const auto normalizer = float(log_sum(last));
  comparison.floats(name + "logsumexp", {&normalizer, 1});
  compare_top(name, last, goldens, comparison);
}

// The mean of the hidden states of each text, to length 1.
void verify_embedding(const Goldens& goldens, const VerifyContext& context, Comparison& comparison) {
  GoldenModel model(load_trunk(Checkpoint::open(context.model, FileAccess::map), context.backend), goldens);
  comparison.expect(goldens);
  for (const auto& [name, values] : model.outputs())
    if (name == "mean_pooled") comparison.floats("embedding", values.values());
}

}  // namespace

void verify_real(const std::filesystem::path& file, const VerifyContext& context, Comparison& comparison) {
  const Goldens goldens = Goldens::load(file);
  const JsonObject json(goldens.json, file.string());
  check<UnsupportedError>(!context.model.empty(), "needs --model PATH: ", json.text("model"));
  if (goldens.tensors.contains("embedding")) return verify_embedding(goldens, context, comparison);
  size_t prompts = 0;
  while (goldens.tensors.contains(message(prompts, ".ids"))) ++prompts;
  check<UnsupportedError>(prompts > 0, "unsupported: these are not values of a decoder");
  GoldenModel model(load_trunk(Checkpoint::open(context.model, FileAccess::map), context.backend),
                    packed_prompts(goldens, prompts));
  const int vocabulary = model.trunk().transformer.stack().embedding.vocabulary;
  for (const std::vector<int32_t>& sequence : model.sequences())
    check<UnsupportedError>(*std::max_element(sequence.begin(), sequence.end()) < vocabulary,
                            "--model is another model, expected ", json.text("model"));
  comparison.expect(goldens);
  const Tensor logits = model.outputs()[0].values;
  const size_t steps = goldens.integers("0.greedy").size();
  const std::vector<int64_t> greedy = model.greedy(int(steps));
  size_t first = 0;
  for (size_t i = 0; i < prompts; ++i) {
    const std::string name = message(i, ".");
    const std::vector<int32_t>& ids = model.sequences()[i];
    compare_prompt(name, ids, logits.values().subspan(first * size_t(vocabulary), ids.size() * size_t(vocabulary)),
                   goldens, comparison);
    comparison.integers(name + "greedy", std::span(greedy).subspan(i * steps, steps));
    first += ids.size();
  }
}

}  // namespace graft::inline v0
