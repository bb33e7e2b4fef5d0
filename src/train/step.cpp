// SPDX-License-Identifier: Apache-2.0
#include "train/step.hpp"

#include "ops/experts.hpp"
#include "support/message.hpp"
#include "tensor/packed_factors.hpp"
#include "train/micro_batch.hpp"

#include "tensor/packed_factors.hpp"

namespace graft::inline v0 {
namespace {

void add_loss(const StepContext& context, const StepLoss& all, MicroBatch micro, Gradients* gradients, StepLoss& loss) {
  const NetworkContext& network = context.network;
  const Transformer& transformer = network.trunk.transformer;
  NetworkPass source(network, std::move(micro.sources)), pass(network, std::move(micro.batch));
  std::optional<Tape> tape;
  if (gradients) tape.emplace(*gradients, network.memory, network.lane);
  for (Run* run : {&source.run(), &pass.run()}) {
    run->saved = network.trunk.is_exact(network.precision) ? Dtype::f32 : Dtype::bf16;  // as the products round
    if (!tape) continue;
    run->tape = &*tape;
    run->training = true;
    run->seed = context.seed;
    run->step = context.step;
  }
  Encoded encoded;
  if (transformer.config().encoder) encoded = transformer.encode(source.run(), context.recompute);
  std::vector<Routing> routings;
  const float balance = tape ? transformer.stack().mlp.experts.balance : 0;
  check<UnsupportedError>(balance == 0 || !context.recompute,
                          "training: the balance of experts (router_aux_loss_coef) needs recompute = false");
  const Tensor hidden = pass.hidden(
      {.recomputes = context.recompute, .encoded = &encoded, .routings = balance > 0 ? &routings : nullptr});
  TaskLoss task = task_loss(pass.run(), network.trunk, hidden, std::move(micro.labels));
  loss.sum += double(*task.loss.data()) * double(all.trained);
  loss.tokens += pass.batch().rows() + source.batch().rows();
  if (balance > 0) {
    const float share = float(pass.batch().rows()) / float(all.tokens);
    task.loss = add(pass.run(), task.loss, scaled(pass.run(), balance_loss(pass.run(), routings), balance * share));
  }
  if (tape && tape->watches(task.loss)) tape->backward(task.loss);
}

}  // namespace

StepLoss compute_loss(const StepContext& of_step, std::span<const NumberedRow> rows, Gradients* gradients) {
  StepContext context = of_step;
  Edits edits;
  if (context.network.edits) {
    edits = packed_once(*context.network.edits, context.network.memory);
    context.network.edits = &edits;
  }
  const Task task = context.network.trunk.architecture.task;
  const uint64_t corruption_step = gradients ? context.step + 1 : 0;  // the same each time where nothing is learned
  std::vector<TokenRow> prepared;
  std::vector<size_t> lengths;
  StepLoss all;
  for (const NumberedRow& row : rows) {
    prepared.push_back(context.corruption ? corrupt(*row.row, *context.corruption,
                                                    {context.seed, corruption_step, uint64_t(row.number)})
                                          : *row.row);
    all.trained += label_count(task, prepared.back());
    lengths.push_back(token_count(task, prepared.back()));
    all.tokens += int64_t(lengths.back());
  }
  StepLoss loss{.trained = all.trained};
  for (const RowRange& range : pack(lengths, context.micro_batch_tokens)) {
    MicroBatchMaker maker(context.network.trunk, {all.trained, int64_t(rows.size())}, context.label_smoothing);
    for (size_t i = range.begin; i < range.end; ++i) maker.add(prepared[i], rows[i].number);
    if (MicroBatch micro = maker.take(); micro.batch.rows() > 0)
      add_loss(context, all, std::move(micro), gradients, loss);
  }
  return loss;
}

size_t activation_bytes(const Trunk& trunk, size_t tokens, Precision precision, bool recompute) {
  const StackConfig& stack = trunk.transformer.stack();
  const size_t layers = stack.layers.size(), width = size_t(stack.width), mlp = size_t(stack.mlp.width);
  const AttentionConfig& attention = stack.attention;
  const size_t q = size_t(attention.heads) * attention.head_width,
               kv = size_t(attention.kv_heads) * attention.head_width;
  // What a block keeps of a token: both residual sums and norms, rotated q and k, v, the attention, and the gated MLP.
  const size_t block = 4 * width + 2 * q + 2 * kv + attention.heads + 3 * mlp;
  const size_t gradients = 2 * width + 3 * mlp;
  // Rounded, the attention is kept twice, and the block at hand has its floats too.
  const bool is_exact = trunk.is_exact(precision);
  const size_t kept = is_exact ? sizeof(float) * block : sizeof(uint16_t) * (block + q);
  const size_t at_hand = sizeof(float) * ((is_exact && !recompute ? 0 : block) + gradients);
  const size_t inputs = recompute ? sizeof(float) * width : kept;
  constexpr size_t kHeadChunk = size_t{1} << 24;  // logits at once
  return tokens * (inputs * layers + at_hand) + sizeof(float) * kHeadChunk;
}

}  // namespace graft::inline v0
