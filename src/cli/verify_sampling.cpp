// SPDX-License-Identifier: Apache-2.0
//
// What the options of a sampler make of given logits.
#include <algorithm>
#include <functional>
#include <limits>

#include "cli/verify_kinds.hpp"
#include "generate/candidates.hpp"
#include "generate/sampler.hpp"
#include "support/json.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

// Rows of logits, and the text before each.
class SamplingInputs {
 public:
  explicit SamplingInputs(const Goldens& goldens)
      : parameters(JsonObject(goldens.json, goldens.file).object("parameters")), logits_(goldens.floats("in.logits")) {
    const Golden& ids = goldens.at("in.ids");
    check<FileError>(ids.shape.size() == 2 && ids.shape[0] > 0, goldens.file, ": in.ids has ", ids.shape.size(),
                     " dimensions, expected 2");
    length = size_t(ids.shape[1]);
    for (const int64_t id : goldens.integers("in.ids")) ids_.push_back(int32_t(id));
  }

  size_t rows() const { return ids_.size() / length; }
  std::span<const int32_t> text(size_t row) const { return std::span(ids_).subspan(row * length, length); }
  std::vector<float> logits(size_t row) const {
    const auto first = logits_.begin() + std::ptrdiff_t(row * cols());
    return {first, first + std::ptrdiff_t(cols())};
  }
  std::vector<int32_t> end_ids(std::string_view processor) const {
    return parameters.object(processor).json().at("eos_token_id").get<std::vector<int32_t>>();
  }

  JsonObject parameters;
  size_t length;

 private:
  size_t cols() const { return logits_.size() / rows(); }

  std::vector<float> logits_;
  std::vector<int32_t> ids_;
};

using RowFunction = std::function<std::vector<float>(size_t row)>;

void compare_rows(Comparison& comparison, const std::string& name, const SamplingInputs& inputs,
                  const RowFunction& of_row) {
  std::vector<float> found;
  for (size_t row = 0; row < inputs.rows(); ++row) {
    const std::vector<float> values = of_row(row);
    found.insert(found.end(), values.begin(), values.end());
  }
  comparison.floats(name, found);
}

// The logits of the candidates at the temperature, -inf for the others.
std::vector<float> limited(const GenerateOptions& options, const std::vector<float>& logits) {
  std::vector<float> result(logits.size(), kForbidden);
  for (const Candidate& candidate : candidates(options, logits))
    result[size_t(candidate.token)] = logits[size_t(candidate.token)] / options.temperature;
  return result;
}

std::vector<float> probabilities(const GenerateOptions& options, const std::vector<float>& logits) {
  std::vector<float> result(logits.size());
  const std::vector<Candidate> left = candidates(options, logits);
  double sum = 0;
  for (const Candidate& candidate : left) sum += candidate.weight;
  for (const Candidate& candidate : left) result[size_t(candidate.token)] = float(candidate.weight / sum);
  return result;
}

std::vector<float> adjusted(const GenerateOptions& options, const SamplingInputs& inputs, size_t row,
                            std::vector<int32_t> end_ids) {
  Sampler sampler(options, row, std::move(end_ids));
  for (const int32_t token : inputs.text(row)) sampler.saw(token, false);
  std::vector<float> logits = inputs.logits(row);
  sampler.adjust(logits);
  return logits;
}

void compare_limits(const SamplingInputs& inputs, Comparison& comparison) {
  struct Limit {
    const char *name, *parameter;
    std::function<void(GenerateOptions&, float)> set;
  };
  const Limit limits[] = {
      {"temperature", "temperature", [](GenerateOptions& options, float value) { options.temperature = value; }},
      {"top-k", "top_k", [](GenerateOptions& options, float value) { options.top_k = int(value); }},
      {"top-p", "top_p", [](GenerateOptions& options, float value) { options.top_p = value; }},
      {"min-p", "min_p", [](GenerateOptions& options, float value) { options.min_p = value; }},
      {"typical", "mass", [](GenerateOptions& options, float value) { options.typical_p = value; }},
      {"epsilon", "epsilon", [](GenerateOptions& options, float value) { options.epsilon_cutoff = value; }},
      {"eta", "epsilon", [](GenerateOptions& options, float value) { options.eta_cutoff = value; }},
  };
  for (const Limit& limit : limits) {
    GenerateOptions options{.temperature = 1};
    limit.set(options, float(inputs.parameters.object(limit.name).number(limit.parameter)));
    compare_rows(comparison, limit.name, inputs, [&](size_t row) { return limited(options, inputs.logits(row)); });
  }
  const GenerateOptions chain{.temperature = 0.8f, .top_k = 12, .top_p = 0.9f};  // as its description says
  compare_rows(comparison, "chain.probs", inputs, [&](size_t row) { return probabilities(chain, inputs.logits(row)); });
}

void compare_adjustments(const SamplingInputs& inputs, Comparison& comparison) {
  const auto compare = [&](const char* name, const GenerateOptions& options, const std::vector<int32_t>& end_ids = {}) {
    compare_rows(comparison, name, inputs, [&](size_t row) { return adjusted(options, inputs, row, end_ids); });
  };
  const auto parameter = [&](const char* name, const char* field) {
    return float(inputs.parameters.object(name).number(field));
  };
  const int held = int(inputs.length);
  compare("repetition", {.repetition_penalty = parameter("repetition", "penalty")});
  compare("no-repeat-ngram", {.no_repeat_ngram = int(parameter("no-repeat-ngram", "ngram_size"))});
  compare("bad-words", {.bad_words = {{3}, {inputs.text(0).back(), 5}}});  // as its description says
  // The lengths count the text before, the options what is generated.
  compare("min-length", {.min_tokens = int(parameter("min-length", "min_length")) - held},
          inputs.end_ids("min-length"));

  // The reference makes the forced logit 0; only that the others are out is a property of the choice.
  const std::vector<int32_t> ends = inputs.end_ids("forced-eos");
  const GenerateOptions forced{.max_tokens = int(parameter("forced-eos", "max_length")) - held, .force_end = true};
  compare_rows(comparison, "forced-eos", inputs, [&](size_t row) {
    std::vector<float> logits = adjusted(forced, inputs, row, ends);
    for (const int32_t end : ends) logits.at(size_t(end)) -= inputs.logits(row).at(size_t(end));
    return logits;
  });
}

}  // namespace

void verify_sampling(const std::filesystem::path& folder, const VerifyContext&, Comparison& comparison) {
  const Goldens goldens = Goldens::load(folder);
  comparison.expect(goldens);
  const SamplingInputs inputs(goldens);
  compare_limits(inputs, comparison);
  compare_adjustments(inputs, comparison);
}

}  // namespace graft::inline v0
