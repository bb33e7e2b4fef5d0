// SPDX-License-Identifier: Apache-2.0
#include "train/step.hpp"

#include "tensor/packed_factors.hpp"

namespace graft::inline v0 {
namespace {

struct MicroBatch {
  Batch batch;
  Targets targets;
};

// The last token of a row only is a target, and what follows the last trained one is nothing to the loss.
size_t inputs(const TokenRow& row) {
  size_t last = row.ids.size();
  while (last > 0 && !row.trained[last - 1]) --last;
  return last > 0 ? last - 1 : 0;
}

void add(MicroBatch& micro, const NumberedRow& numbered, float weight) {
  const TokenRow& row = *numbered.row;
  const int first = micro.batch.rows();
  const size_t count = inputs(row);
  if (count == 0) return;
  micro.batch.add({row.ids.data(), count}, 0, numbered.number);
  for (size_t i = 0; i < count; ++i) {
    if (!row.trained[i + 1]) continue;
    micro.targets.rows.push_back(first + int(i));
    micro.targets.tokens.push_back(row.ids[i + 1]);
    micro.targets.weights.push_back(weight);
  }
}

void add_loss(const StepContext& context, MicroBatch micro, Gradients* gradients, StepLoss& loss) {
  const NetworkContext& network = context.network;
  NetworkPass pass(network, std::move(micro.batch));
  Run& run = pass.run();
  run.saved = network.trunk.is_exact(network.precision) ? Dtype::f32 : Dtype::bf16;  // as the products round
  std::optional<Tape> tape;
  if (gradients) {
    run.tape = &tape.emplace(*gradients, network.memory, network.lane);
    run.training = true;
    run.seed = context.seed;
    run.step = context.step;
  }
  const Tensor hidden = pass.hidden({.recomputes = context.recompute});
  const HeadLoss head = network.trunk.transformer.head().loss(run, hidden, std::move(micro.targets));
  for (const float log_probability : head.log_probabilities) loss.sum -= log_probability;
  loss.tokens += pass.batch().rows();
  if (tape && tape->watches(head.loss)) tape->backward(head.loss);
}

}  // namespace

StepLoss compute_loss(const StepContext& of_step, std::span<const NumberedRow> rows, Gradients* gradients) {
  StepContext context = of_step;
  Edits edits;
  if (context.network.edits) {
    edits = packed_once(*context.network.edits, context.network.memory);
    context.network.edits = &edits;
  }
  StepLoss loss;
  std::vector<size_t> lengths;
  for (const NumberedRow& row : rows) {
    loss.trained += int64_t(row.row->trained_tokens());
    lengths.push_back(inputs(*row.row));
  }
  for (const RowRange& range : pack(lengths, context.micro_batch_tokens)) {
    MicroBatch micro;
    for (size_t i = range.begin; i < range.end; ++i) add(micro, rows[i], 1 / float(loss.trained));
    if (micro.batch.rows() > 0) add_loss(context, std::move(micro), gradients, loss);
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
