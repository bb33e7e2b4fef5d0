// SPDX-License-Identifier: Apache-2.0
#include "api/encode_rows.hpp"
#include "api/passes.hpp"
#include "ops/ops.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

// As sentence-transformers keeps it beside a model.
Pooling read_pooling(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "1_Pooling" / "config.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return Pooling::mean;
  const Json json = read_json(file);
  const JsonObject pooling(json, file.string());
  if (pooling.flag_or("pooling_mode_cls_token", false)) return Pooling::first;
  if (pooling.flag_or("pooling_mode_lasttoken", false)) return Pooling::last;
  if (!pooling.flag_or("pooling_mode_mean_tokens", true)) pooling.refuse("pooling_mode_mean_tokens", "true");
  return Pooling::mean;
}

Tensor pool(Run& run, const Tensor& hidden, Pooling pooling) {
  if (pooling == Pooling::mean) return mean_rows(run, hidden);
  const HeadConfig::Rows rows = pooling == Pooling::first ? HeadConfig::Rows::first : HeadConfig::Rows::last;
  return gather_rows(run, hidden, head_rows(run.batch, rows));
}

}  // namespace

Pooling Model::State::pooling() const {
  std::call_once(pooling_read_, [&] {
    if (!path.empty()) pooling_ = read_pooling(path);
  });
  return pooling_;
}

std::vector<std::vector<float>> Model::embed(std::span<const std::vector<int32_t>> ids,
                                             const EmbedOptions& options) const {
  const Call call(*state_, options.adapter);
  const Pooling pooling = options.pooling == Pooling::automatic ? state_->pooling() : options.pooling;
  std::vector<PassInput> inputs;
  for (const std::vector<int32_t>& text : ids) inputs.push_back({text});
  std::vector<std::vector<float>> vectors;
  for_each_pass(call, inputs, [&](NetworkPass& pass, const Tensor& hidden, size_t) {
    Tensor pooled = pool(pass.run(), hidden, pooling);
    if (options.normalized) pooled = normalized(pass.run(), pooled);
    for (int row = 0; row < pooled.rows(); ++row) {
      const std::span<float> values = pooled.row(row);
      vectors.emplace_back(values.begin(), values.end());
    }
  });
  return vectors;
}

std::vector<std::vector<float>> Model::embed(std::span<const std::string> texts, const EmbedOptions& options) const {
  const size_t length = text_length(*state_, options.max_length);
  std::vector<std::vector<int32_t>> ids;
  for (const std::string& text : texts)
    ids.push_back(state_->tokenizer.encode(text, {.parse_special = false, .truncate = length}));
  return embed(ids, options);
}

std::vector<float> Model::embed(std::string_view text, const EmbedOptions& options) const {
  const std::string one(text);
  return embed(std::span(&one, 1), options)[0];
}

std::vector<float> Model::rerank(std::string_view query, std::span<const std::string> documents,
                                 const TaskOptions& options) const {
  std::vector<float> scores;
  const Task task = state_->trunk->architecture.task;
  if (task == Task::classify && state_->trunk->transformer.head().config().outputs == 1) {
    for (const std::string& document : documents) {
      TaskOptions pair = options;
      pair.second = document;
      scores.push_back(classify(query, pair)[0].probability);
    }
    return scores;
  }
  const EmbedOptions embedding{.max_length = options.max_length, .adapter = options.adapter};
  const std::vector<float> wanted = embed(query, embedding);
  for (const std::vector<float>& found : embed(documents, embedding)) {
    double sum = 0;
    for (size_t i = 0; i < wanted.size(); ++i) sum += double(wanted[i]) * found[i];
    scores.push_back(float(sum));
  }
  return scores;
}

}  // namespace graft::inline v0
