// SPDX-License-Identifier: Apache-2.0
#include "ops/ops.hpp"
#include "support/message.hpp"
#include "tensor/kv_cache.hpp"

namespace graft::inline v0 {
namespace {

// The sequences of a batch as the kernels read them, with the spans they point to.
struct Sequences {
  std::vector<std::vector<KeyValueSpan>> spans;
  std::vector<AttentionSequence> sequences;

  void add(int first, int queries, int keys, std::vector<KeyValueSpan> of) {
    spans.push_back(std::move(of));
    sequences.push_back({first, queries, keys, spans.back().data(), int(spans.back().size())});
  }
  AttentionBatch batch(const Batch& batch) const {
    return {sequences.data(), int(sequences.size()), batch.tiles.data(), int(batch.tiles.size())};
  }
};

Sequences own_keys(const Batch& batch, const Tensor& k, const Tensor& v) {
  Sequences all;
  for (int i = 0; i < batch.sequences(); ++i) {
    const size_t first = size_t(batch.offsets[i]) * k.cols();
    all.add(batch.offsets[i], batch.length(i), batch.length(i),
            {{k.data() + first, v.data() + first, batch.length(i), k.cols()}});
  }
  return all;
}

Sequences cached_keys(Run& run, const Tensor& k, const Tensor& v, int layer) {
  Sequences all;
  for (int i = 0; i < run.batch.sequences(); ++i) {
    KeyValueCache& cache = *run.caches[i];
    const size_t first = size_t(run.batch.offsets[i]) * k.cols();
    const int queries = run.batch.length(i), keys = cache.length() + queries;
    cache.append(run.lane, layer, k.data() + first, v.data() + first, queries);
    all.add(run.batch.offsets[i], queries, keys, cache.spans(layer, keys));
  }
  return all;
}

void observe(const Run& run, const AttentionShape& shape, const Tensor& q, const Sequences& all, const Tensor& lse,
             int layer) {
  for (size_t i = 0; i < all.sequences.size(); ++i) {
    const AttentionSequence& sequence = all.sequences[i];
    const Tensor p = run.tensor(shape.heads * sequence.queries, sequence.keys);
    run.kernels().attention_probabilities(run.stream(), shape, q.data(), sequence, lse.data(), p.data());
    run.observer->on_attention(layer, int(i), shape.heads, sequence.queries, sequence.keys, p.data());
  }
}

}  // namespace

Tensor attention(Run& run, AttentionShape shape, const Tensor& q, const Tensor& k, const Tensor& v, int layer) {
  check(q.cols() == shape.heads * shape.head_width && k.cols() == shape.kv_heads * shape.head_width &&
            v.cols() == k.cols() && shape.heads % shape.kv_heads == 0,
        "attention: q has ", q.cols(), " columns, k ", k.cols(), ", v ", v.cols(), " for ", shape.heads, " heads on ",
        shape.kv_heads, " of ", shape.head_width);
  const bool recorded = run.records({q, k, v});
  check(!recorded || run.caches.empty(), "attention: a cached pass cannot be recorded");
  if (!run.caches.empty()) shape.cache = run.caches[0]->dtype();
  const Sequences all = run.caches.empty() ? own_keys(run.batch, k, v) : cached_keys(run, k, v, layer);

  const bool observed = run.observer && run.observer->on_attention;
  Tensor y = run.tensor(q.rows(), q.cols());
  const Tensor lse = recorded || observed ? run.tensor(q.rows(), shape.heads) : Tensor();
  run.kernels().attention(run.stream(), shape, q.data(), all.batch(run.batch), y.data(), lse ? lse.data() : nullptr);
  if (observed) observe(run, shape, q, all, lse, layer);

  if (recorded)
    run.tape->record({y.identity()}, [run, shape, q = Saved(run, q), k = Saved(run, k), v = Saved(run, v),
                                      y = Saved(run, y), lse](Tape& tape) {
      // The kernel fills all three gradients; one that nobody watches goes to a tensor of its own.
      const auto into = [&](const Saved& x, Tensor& unwatched) {
        if (float* gradient = tape.gradient(x.identity())) return gradient;
        return (unwatched = Tensor::zeros(*run.memory, x.rows(), x.cols())).data();
      };
      Tensor dq, dk, dv;
      const Tensor keys = k.restore(run), values = v.restore(run);
      const Sequences own = own_keys(run.batch, keys, values);
      run.kernels().attention_backward(run.stream(), shape, q.restore(run).data(), own.batch(run.batch),
                                       y.restore(run).data(), lse.data(), tape.upstream(y.identity()).data(),
                                       into(q, dq), into(k, dk), into(v, dv));
    });
  return y;
}

}  // namespace graft::inline v0
