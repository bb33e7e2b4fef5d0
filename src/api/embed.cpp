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

}  // namespace

HeadConfig::Rows Model::State::embedding_rows(Pooling pooling) const {
  if (pooling == Pooling::automatic) {
    std::call_once(pooling_read_, [&] {
      if (!path.empty()) pooling_ = read_pooling(path);
    });
    pooling = pooling_;
  }
  if (pooling == Pooling::mean) return HeadConfig::Rows::all;
  return pooling == Pooling::first ? HeadConfig::Rows::first : HeadConfig::Rows::last;
}

std::vector<std::vector<float>> Model::embed(std::span<const std::vector<int32_t>> ids,
                                             const EmbedOptions& options) const {
  const Call call(*state_, options.adapter);
  const HeadConfig::Rows rows = state_->embedding_rows(options.pooling);
  std::vector<PassInput> inputs;
  for (const std::vector<int32_t>& text : ids) inputs.push_back({text});
  std::vector<std::vector<float>> vectors;
  for_each_pass(call, inputs, [&](NetworkPass& pass, const Tensor& hidden, size_t) {
    Tensor embedded = pooled(pass.run(), hidden, rows);
    if (options.normalized) embedded = normalized(pass.run(), embedded);
    for (int row = 0; row < embedded.rows(); ++row) {
      const std::span<float> values = embedded.row(row);
      vectors.emplace_back(values.begin(), values.end());
    }
  });
  return vectors;
}

std::vector<std::vector<float>> Model::embed(std::span<const std::string> texts, const EmbedOptions& options) const {
  const size_t length = text_length(*state_, options.max_length, virtual_tokens(options.adapter));
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
