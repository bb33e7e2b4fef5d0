// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_passes.hpp"

#include <algorithm>

#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tensor/kv_cache.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

Batch packed(std::span<const std::vector<int32_t>> sequences, std::span<const int> first_positions = {}) {
  Batch batch;
  for (size_t i = 0; i < sequences.size(); ++i)
    batch.add(sequences[i], first_positions.empty() ? 0 : first_positions[i], int64_t(i));
  return batch;
}

// The label of a token is predicted by the token before it; labels below 0 are not counted.
Targets next_token_targets(const Goldens& goldens, const Batch& batch) {
  Targets targets;
  if (!goldens.tensors.contains("labels")) return targets;
  const std::vector<int64_t>& labels = goldens.integers("labels");
  check<FileError>(int(labels.size()) == batch.rows(), goldens.file, ": \"labels\" has ", labels.size(),
                   " values, expected ", batch.rows());
  for (int i = 0; i < batch.sequences(); ++i)
    for (int row = batch.offsets[size_t(i)]; row + 1 < batch.offsets[size_t(i) + 1]; ++row)
      if (labels[size_t(row) + 1] >= 0) {
        targets.rows.push_back(row);
        targets.tokens.push_back(int32_t(labels[size_t(row) + 1]));
      }
  targets.weights.assign(targets.rows.size(), 1 / float(targets.rows.size()));
  return targets;
}

Tensor last_rows(Run& run, const Tensor& hidden) {
  std::vector<int32_t> rows;
  for (int i = 0; i < run.batch.sequences(); ++i) rows.push_back(run.batch.offsets[size_t(i) + 1] - 1);
  return gather_rows(run, hidden, rows);
}

}  // namespace

std::vector<std::vector<int32_t>> golden_sequences(const Goldens& goldens) {
  const std::vector<int64_t>&ids = goldens.integers("ids"), &offsets = goldens.integers("offsets");
  std::vector<std::vector<int32_t>> sequences;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    check<FileError>(0 <= offsets[i] && offsets[i] < offsets[i + 1] && offsets[i + 1] <= int64_t(ids.size()),
                     goldens.file, ": \"offsets\" does not cut \"ids\" into sequences");
    sequences.emplace_back(ids.begin() + offsets[i], ids.begin() + offsets[i + 1]);
  }
  return sequences;
}

fs::path find_base(const fs::path& folder, const Goldens& goldens) {
  const std::string base = JsonObject(goldens.json, (folder / "goldens.json").string()).text("base");
  const fs::path start = fs::absolute(folder).lexically_normal();
  for (fs::path parent = start; parent != parent.root_path(); parent = parent.parent_path())
    if (fs::exists(parent / base / "config.json")) return parent / base;
  fail<FileError>((folder / "goldens.json").string(), ": \"base\": no folder ", in_quotes(base), " above it");
}

GoldenModel::GoldenModel(std::unique_ptr<Trunk> trunk, const Goldens& goldens)
    : trunk_(std::move(trunk)),
      lane_(trunk_->backend),
      sequences_(golden_sequences(goldens)),
      batch_(packed(sequences_)),
      targets_(next_token_targets(goldens, batch_)) {}

Tensor GoldenModel::logits(const Edits* edits, const Observer* observer) const {
  Run pass = run(batch_);
  const EditedRows rows = {0, batch_.rows(), edits};
  if (edits) pass.edits = {&rows, 1};
  pass.observer = observer;
  return trunk_->transformer.logits(pass, trunk_->transformer(pass));
}

float GoldenModel::loss(const Edits* edits, Gradients* gradients) const {
  std::optional<Tape> tape;
  Run pass = run(batch_);
  const EditedRows rows = {0, batch_.rows(), edits};
  if (edits) pass.edits = {&rows, 1};
  if (gradients) pass.tape = &tape.emplace(*gradients, memory_, lane_);
  const HeadLoss result = head_loss(pass, trunk_->transformer(pass), trunk_->transformer.head(), {}, targets_);
  if (tape) tape->backward(result.loss);
  return *result.loss.data();
}

Tensor GoldenModel::next_logits(std::span<const std::vector<int32_t>> sequences) const {
  const Batch batch = packed(sequences);
  Run pass = run(batch);
  return trunk_->transformer.logits(pass, last_rows(pass, trunk_->transformer(pass)));
}

std::vector<int64_t> GoldenModel::greedy(int count) const {
  const TransformerConfig& config = trunk_->transformer.config();
  std::vector<KeyValueCache> caches;
  std::vector<KeyValueCache*> pointers;
  for (size_t i = 0; i < sequences_.size(); ++i)
    caches.emplace_back(memory_, config.layers, config.kv_heads * config.head_width, Dtype::f32);
  for (KeyValueCache& cache : caches) pointers.push_back(&cache);

  std::vector<int64_t> chosen(sequences_.size() * size_t(count));
  std::vector<std::vector<int32_t>> next = sequences_;
  for (int step = 0; step < count; ++step) {
    std::vector<int> lengths;
    for (const KeyValueCache& cache : caches) lengths.push_back(cache.length());
    const Batch batch = packed(next, lengths);
    Run pass = run(batch);
    pass.caches = pointers;
    const Tensor logits = trunk_->transformer.logits(pass, last_rows(pass, trunk_->transformer(pass)));
    for (size_t i = 0; i < caches.size(); ++i) {
      caches[i].commit(batch.length(int(i)));
      const float* row = logits.data() + i * size_t(logits.cols());
      const auto token = int32_t(std::max_element(row, row + logits.cols()) - row);
      chosen[i * size_t(count) + size_t(step)] = token;
      next[i] = {token};
    }
  }
  return chosen;
}

}  // namespace graft::inline v0
