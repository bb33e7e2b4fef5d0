// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_passes.hpp"

#include <algorithm>

#include "generate/generator.hpp"
#include "ops/losses.hpp"
#include "support/in_quotes.hpp"
#include "support/message.hpp"
#include "tensor/transposed.hpp"

namespace graft::inline v0 {
namespace {

namespace fs = std::filesystem;

Batch packed(std::span<const std::vector<int32_t>> sequences, std::span<const int64_t> types = {},
             const Edits* edits = nullptr) {
  Batch batch;
  for (size_t i = 0; i < sequences.size(); ++i) {
    std::vector<int32_t> of;
    if (!types.empty()) {
      of.assign(types.begin(), types.begin() + std::ptrdiff_t(sequences[i].size()));
      types = types.subspan(of.size());
    }
    batch.add(sequences[i], 0, int64_t(i), of, edits);
  }
  return batch;
}

// The rows of all tokens that are not virtual, or the last virtual row of each sequence.
std::vector<int32_t> text_rows(const Batch& batch) {
  std::vector<int32_t> rows;
  for (int row = 0; row < batch.rows(); ++row)
    if (batch.tokens[size_t(row)] >= 0) rows.push_back(row);
  return rows;
}
std::vector<int32_t> last_virtual_rows(const Batch& batch) {
  std::vector<int32_t> rows;
  for (int i = 0; i < batch.sequences(); ++i) rows.push_back(batch.text_begin(i) - 1);
  return rows;
}

// The label of a token is predicted by the token before it, or, where the token itself was hidden, by itself; labels
// below 0 are not counted.
Targets targets_of(std::span<const int32_t> labels, const Batch& batch, bool by_token_before) {
  Targets targets;
  for (int i = 0; i < batch.sequences(); ++i)
    for (int row = batch.text_begin(i); row < batch.offsets[size_t(i) + 1]; ++row) {
      const int32_t label = labels.front();
      labels = labels.subspan(1);
      const bool is_first = row == batch.offsets[size_t(i)];
      if (label < 0 || (by_token_before && is_first)) continue;
      targets.rows.push_back(by_token_before ? row - 1 : row);
      targets.tokens.push_back(label);
    }
  targets.weights.assign(targets.rows.size(), 1 / float(targets.rows.size()));
  return targets;
}

std::vector<int32_t> integers(const Goldens& goldens, const std::string& name) {
  const std::vector<int64_t>& values = goldens.integers(name);
  return {values.begin(), values.end()};
}

// Σ slope · x with gradients, for the loss of a model without a head.
Tensor weighted_sum(Run& run, const Tensor& x, const Tensor& slopes) {
  const Tensor sum = run.tensor(1, 1);
  double total = 0;
  for (size_t i = 0; i < x.size(); ++i) total += double(x.values()[i]) * slopes.values()[i];
  sum.value() = float(total);
  if (run.records({x}))
    run.tape->record({sum.identity()}, [run, x = x.identity(), slopes, out = sum.identity()](Tape& tape) {
      run.kernels().accumulate(run.stream(), slopes.data(), tape.upstream(out).value(), tape.gradient(x),
                               int64_t(slopes.size()));
    });
  return sum;
}

// The mean of the squares of the hidden states, and the sum of the pooled vectors.
Tensor features_loss(Run& run, const Trunk& trunk, const Tensor& hidden) {
  const std::vector<float> zeros(hidden.size()), weights(hidden.size(), 1 / float(hidden.size()));
  const Tensor squares = squared_error(run, hidden, zeros, weights);
  if (trunk.transformer.heads().empty()) return squares;
  const Tensor pooled = trunk.transformer.head()(run, hidden), ones = run.tensor(pooled.rows(), pooled.cols());
  std::fill(ones.values().begin(), ones.values().end(), 1.0f);
  return add(run, squares, weighted_sum(run, pooled, ones));
}

}  // namespace

std::vector<float> as_stored(Layout layout, const Tensor& values) {
  if (layout == Layout::transposed) return transposed(values.values(), values.rows(), values.cols());
  return {values.values().begin(), values.values().end()};
}

std::vector<std::vector<int32_t>> golden_sequences(const Goldens& goldens, const std::string& prefix) {
  const std::vector<int64_t>&ids = goldens.integers(prefix + "ids"), &offsets = goldens.integers(prefix + "offsets");
  std::vector<std::vector<int32_t>> sequences;
  for (size_t i = 0; i + 1 < offsets.size(); ++i) {
    check<FileError>(0 <= offsets[i] && offsets[i] < offsets[i + 1] && offsets[i + 1] <= int64_t(ids.size()),
                     goldens.file, ": \"", prefix, "offsets\" does not cut \"", prefix, "ids\" into sequences");
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
    : trunk_(std::move(trunk)), lane_(trunk_->backend), sequences_(golden_sequences(goldens)) {
  const bool has_types = goldens.tensors.contains("token_types");
  if (has_types) types_ = goldens.integers("token_types");
  if (translates()) written_ = golden_sequences(goldens, "dec_");
  read_labels(goldens);
}

Batch GoldenModel::batch(const Edits* edits) const {
  return translates() ? packed(written_) : packed(sequences_, types_, edits);
}

const Weight* GoldenModel::find(const std::string& name) const {
  for (const auto& [module, weight] : trunk_->parameters.all())
    if (weight->name() == name || older_name(weight->name()) == name) return weight.get();
  return nullptr;
}

void GoldenModel::read_labels(const Goldens& goldens) {
  const Task task = trunk_->architecture.task;
  if (goldens.tensors.contains("labels")) {
    if (task == Task::tag)
      labels_.classes = integers(goldens, "labels");
    else if (task == Task::discriminate)
      labels_.values.assign(goldens.integers("labels").begin(), goldens.integers("labels").end());
    else
      token_labels_ = integers(goldens, "labels");
    check<FileError>(int(goldens.integers("labels").size()) == batch(nullptr).rows(), goldens.file, ": \"labels\" has ",
                     goldens.integers("labels").size(), " values, expected ", batch(nullptr).rows());
  }
  if (goldens.tensors.contains("seq_labels")) {
    const Golden& golden = goldens.at("seq_labels");
    if (!golden.floats.empty())
      labels_.values = golden.floats;
    else
      labels_.values.assign(golden.integers.begin(), golden.integers.end());
    labels_.classes.assign(golden.integers.begin(), golden.integers.end());
  }
  if (task == Task::span) {
    labels_.starts = integers(goldens, "start");
    labels_.ends = integers(goldens, "end");
  }
  size_t counted = sequences_.size();
  if (task == Task::discriminate) counted = labels_.values.size();
  if (task == Task::tag)
    counted =
        size_t(std::count_if(labels_.classes.begin(), labels_.classes.end(), [](int32_t label) { return label >= 0; }));
  size_t rows = task == Task::tag ? labels_.classes.size() : counted;
  if (problem_outputs() > 1) counted *= size_t(problem_outputs());
  labels_.weights.assign(rows, 1 / float(counted));
}

// How many numbers a sequence's label has, where they are weighed one by one.
int GoldenModel::problem_outputs() const {
  if (trunk_->architecture.task != Task::classify || problem_of(*trunk_) == Problem::one_of) return 1;
  return trunk_->transformer.head().config().outputs;
}

Encoded GoldenModel::encode(NetworkPass& source) const {
  return translates() ? trunk_->transformer.encode(source.run()) : Encoded{};
}

std::vector<GoldenModel::Output> GoldenModel::outputs(const Edits* edits, const Observer* observer) const {
  const Transformer& network = trunk_->transformer;
  NetworkPass source(context(edits), packed(sequences_, types_, edits)), pass(context(edits), batch(edits));
  source.run().observer = pass.run().observer = observer;
  Encoded encoded = encode(source);
  const Tensor hidden = pass.hidden({.encoded = &encoded});
  const auto scores = [&](size_t head) { return network.heads().at(head)(pass.run(), hidden); };
  switch (trunk_->architecture.task) {
    case Task::features: {
      std::vector<Output> outputs = {{"last_hidden", hidden},
                                     {"mean_pooled", normalized(pass.run(), mean_rows(pass.run(), hidden))}};
      if (!network.heads().empty()) outputs.push_back({"pooled", scores(0)});
      return outputs;
    }
    case Task::pretraining:
      return {{"logits", scores(0)}, {"nsp_logits", scores(1)}};
    case Task::span: {
      const Tensor both = scores(0);
      return {{"start_logits", columns(pass.run(), both, {0, 1, 0, 1})},
              {"end_logits", columns(pass.run(), both, {1, 1, 0, 1})}};
    }
    default: {
      const bool is_causal = trunk_->architecture.task == Task::causal;
      if (!edits || !edits->prompt || !is_causal) return {{"logits", scores(0)}};
      const ScoreHead& head = network.head();
      return {{"logits", head(pass.run(), hidden, text_rows(pass.batch()))},
              {"virtual_logits", head(pass.run(), hidden, last_virtual_rows(pass.batch()))}};
    }
  }
}

float GoldenModel::loss(const Edits* edits, Gradients* gradients) const {
  NetworkPass source(context(edits), packed(sequences_, types_, edits)), pass(context(edits), batch(edits));
  Labels labels = labels_;
  if (!token_labels_.empty()) {
    labels.tokens = targets_of(token_labels_, pass.batch(), trunk_->architecture.task == Task::causal);
    labels.tokens.label_smoothing = label_smoothing_;
  }
  std::optional<Tape> tape;
  if (gradients) source.run().tape = pass.run().tape = &tape.emplace(*gradients, memory_, lane_);
  Encoded encoded = encode(source);
  const Tensor hidden = pass.hidden({.encoded = &encoded});
  const Tensor loss = trunk_->architecture.task == Task::features
                          ? features_loss(pass.run(), *trunk_, hidden)
                          : task_loss(pass.run(), *trunk_, hidden, std::move(labels)).loss;
  if (tape) tape->backward(loss);
  return loss.value();
}

std::vector<int32_t> GoldenModel::prompt(size_t sequence) const {
  return translates() ? std::vector<int32_t>{trunk_->transformer.config().start_token} : sequences_[sequence];
}

std::optional<Encoded> GoldenModel::source(size_t sequence) const {
  if (!translates()) return std::nullopt;
  NetworkPass reader(context(), packed({&sequences_[sequence], 1}));
  return encode(reader);
}

std::vector<int64_t> GoldenModel::greedy(int count) const {
  NetworkPass source(context(), packed(sequences_));
  Encoded encoded = encode(source);
  std::vector<KeyValueCache> caches;
  std::vector<std::vector<int32_t>> next;
  for (size_t i = 0; i < sequences_.size(); ++i) {
    caches.push_back(make_cache(context(), Dtype::f32));
    next.push_back(prompt(i));
  }
  std::vector<int64_t> chosen(sequences_.size() * size_t(count));
  for (int step = 0; step < count; ++step) {
    std::vector<CachedTokens> rows;
    for (size_t i = 0; i < caches.size(); ++i) rows.push_back({&caches[i], next[i], nullptr});
    const Tensor logits = cached_pass(context(), rows, true, &encoded);
    for (size_t i = 0; i < caches.size(); ++i) {
      const std::span<const float> row = logits.row(int(i));
      const auto token = int32_t(std::ranges::max_element(row) - row.begin());
      chosen[i * size_t(count) + size_t(step)] = token;
      next[i] = {token};
    }
  }
  return chosen;
}

}  // namespace graft::inline v0
