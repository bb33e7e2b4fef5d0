// SPDX-License-Identifier: Apache-2.0
#include "train/token_objective.hpp"

#include "ops/experts.hpp"
#include "support/fingerprint.hpp"
#include "support/message.hpp"
#include "tensor/packed_factors.hpp"
#include "train/micro_batch.hpp"
#include "train/replaced_tokens.hpp"

namespace graft::inline v0 {
namespace {

// What all micro-batches of a step share.
struct StepContext {
  const NetworkContext& network;
  const Teacher* teacher;  // null: none
  uint64_t seed, number;
  bool recompute;
  Gradients* gradients;
  int64_t tokens;  // of all rows
};

void add_loss(const StepContext& step, MicroBatch micro, StepLoss& loss) {
  const NetworkContext& network = step.network;
  const Transformer& transformer = network.trunk.transformer;
  std::optional<TeacherPass> teacher;
  if (step.teacher) teacher.emplace(*step.teacher, micro.batch, micro.sources);
  NetworkPass source(network, std::move(micro.sources)), pass(network, std::move(micro.batch));
  std::optional<Tape> tape;
  if (step.gradients) {
    tape.emplace(*step.gradients, network.memory, network.lane);
    for (NetworkPass* one : {&source, &pass}) one->record(*tape, true, step.seed, step.number);
  }
  Encoded encoded;
  if (transformer.config().encoder) encoded = transformer.encode(source.run(), step.recompute);
  std::vector<Routing> routings;
  const float balance = tape ? transformer.stack().mlp.experts.balance : 0;
  check<UnsupportedError>(balance == 0 || !step.recompute,
                          "training: the balance of experts (router_aux_loss_coef) needs recompute = false");
  const Tensor hidden =
      pass.hidden({.recomputes = step.recompute, .encoded = &encoded, .routings = balance > 0 ? &routings : nullptr});
  Tensor total = teacher ? teacher->loss(pass.run(), network.trunk, hidden, micro.labels)
                         : task_loss(pass.run(), network.trunk, hidden, std::move(micro.labels)).loss;
  if (teacher && step.teacher->options.hidden > 0)
    total = add(pass.run(), total, teacher->hidden_loss(pass.run(), hidden, step.tokens));
  loss.sum += double(total.value()) * double(loss.trained);
  loss.tokens += pass.batch().rows() + source.batch().rows();
  if (balance > 0) {
    const float share = float(pass.batch().rows()) / float(step.tokens);
    total = add(pass.run(), total, scaled(pass.run(), balance_loss(pass.run(), routings), balance * share));
  }
  if (tape && tape->watches(total)) tape->backward(total);
}

}  // namespace

TokenObjective::TokenObjective(const Trunk& trunk, std::span<const TokenRow> rows, const TrainOptions& options,
                               const Parts& parts)
    : trunk_(trunk),
      rows_(rows),
      parts_(parts),
      precision_(options.precision),
      micro_batch_tokens_(size_t(options.micro_batch_tokens)),
      recompute_(options.recompute),
      saves_rounded_(options.save_rounded),
      label_smoothing_(options.label_smoothing),
      temperature_(options.contrastive.temperature) {}

std::vector<size_t> TokenObjective::lengths() const {
  std::vector<size_t> lengths;
  for (const TokenRow& row : rows_) lengths.push_back(token_count(trunk_.architecture.task, row));
  return lengths;
}

// Rows as the model sees them in this step; none where it sees them as they are.
std::vector<TokenRow> TokenObjective::corrupted(std::span<const size_t> examples, uint64_t seed, uint64_t step) const {
  const Corruption::Kind kind = parts_.corruption ? parts_.corruption->kind : Corruption::Kind::none;
  if (kind == Corruption::Kind::none) return {};
  if (kind == Corruption::Kind::replaced) {
    std::vector<const TokenRow*> rows;
    for (const size_t example : examples) rows.push_back(&rows_[example]);
    return replaced_tokens(rows, examples, *parts_.corruption, parts_.generator, micro_batch_tokens_, {seed, step, 0});
  }
  std::vector<TokenRow> rows;
  for (const size_t example : examples)
    rows.push_back(corrupt(rows_[example], *parts_.corruption, {seed, step, uint64_t(example)}));
  return rows;
}

StepLoss TokenObjective::loss(const LossContext& context, std::span<const size_t> examples,
                              Gradients* gradients) const {
  const Edits edits = parts_.edits ? packed_once(*parts_.edits, context.memory) : Edits();
  const NetworkContext network{trunk_,        context.lane, context.memory, precision_, parts_.edits ? &edits : nullptr,
                               saves_rounded_};
  const Task task = trunk_.architecture.task;
  const uint64_t corruption_step = gradients ? context.step + 1 : 0;  // the same each time where nothing is learned
  const std::vector<TokenRow> corrupted = this->corrupted(examples, context.seed, corruption_step);
  std::vector<const TokenRow*> rows;
  std::vector<size_t> lengths;
  StepContext step{network, gradients ? parts_.teacher : nullptr, context.seed, context.step, recompute_, gradients, 0};
  StepLoss loss;
  for (size_t i = 0; i < examples.size(); ++i) {
    rows.push_back(corrupted.empty() ? &rows_[examples[i]] : &corrupted[i]);
    loss.trained += label_count(task, *rows.back());
    lengths.push_back(token_count(task, *rows.back()) + size_t(edits.virtual_tokens()));
    step.tokens += int64_t(lengths.back());
  }
  for (const RowRange& range : pack_part(lengths, micro_batch_tokens_, context.share.rank, context.share.ranks)) {
    MicroBatchMaker maker(trunk_, {loss.trained, int64_t(examples.size())}, label_smoothing_, network.edits);
    for (size_t i = range.begin; i < range.end; ++i) maker.add(*rows[i], int64_t(examples[i]));
    MicroBatch micro = maker.take();
    micro.labels.embedding = parts_.embedding;
    micro.labels.temperature = temperature_;
    if (micro.batch.rows() > 0) add_loss(step, std::move(micro), loss);
  }
  return loss;
}

uint64_t TokenObjective::fingerprint() const {
  Fingerprint print;
  for (const TokenRow& row : rows_) {
    for (size_t i = 0; i < row.ids.size(); ++i)
      print.add(uint64_t(uint32_t(row.ids[i])) << 1 | uint64_t(i < row.trained.size() && row.trained[i]));
    for (const std::vector<int32_t>* labels : {&row.types, &row.target, &row.second, &row.token_labels})
      for (const int32_t label : *labels) print.add(uint64_t(uint32_t(label)));
    for (const float value : row.values) print.add(value);
    if (row.label >= 0 || row.start >= 0)
      print.add(uint64_t(uint32_t(row.label)) << 32 ^ uint32_t(row.start) ^ uint32_t(row.end));
  }
  return print.hash();
}

size_t activation_bytes(const Trunk& trunk, size_t tokens, const TrainOptions& options) {
  const bool recompute = options.recompute;
  const StackConfig& stack = trunk.transformer.stack();
  const size_t layers = stack.layers.size(), width = size_t(stack.width), mlp = size_t(stack.mlp.width);
  const AttentionConfig& attention = stack.attention;
  const size_t q = size_t(attention.heads) * attention.head_width,
               kv = size_t(attention.kv_heads) * attention.head_width;
  // What a block keeps of a token: both residual sums and norms, rotated q and k, v, the attention, and the gated MLP.
  const size_t block = 4 * width + 2 * q + 2 * kv + attention.heads + 3 * mlp;
  const size_t gradients = 2 * width + 3 * mlp;
  // Rounded, the attention is kept twice, and the block at hand has its floats too.
  const bool is_exact = trunk.is_exact(options.precision) && !options.save_rounded;
  const size_t kept = is_exact ? sizeof(float) * block : sizeof(uint16_t) * (block + q);
  const size_t at_hand = sizeof(float) * ((is_exact && !recompute ? 0 : block) + gradients);
  const size_t inputs = recompute ? sizeof(float) * width : kept;
  // Floats that are computed again stand beside their gradients: those of both sums, of q, k and v, and of the gate.
  const size_t again = is_exact && recompute ? sizeof(float) * (2 * width + 2 * q + 4 * kv + mlp) : 0;
  const size_t logits = std::min(size_t{1} << 24, tokens * size_t(stack.embedding.vocabulary));  // at once
  return tokens * (inputs * layers + at_hand + again) + sizeof(float) * logits;
}

}  // namespace graft::inline v0
