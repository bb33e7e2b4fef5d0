// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ops/ops.hpp"
#include "ops/virtual_tokens.hpp"
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
  AttentionBatch batch(const Batch& batch, const AttentionShape& shape) const {
    return {sequences.data(), int(sequences.size()), batch.tiles.data(), int(batch.tiles.size()),
            shape.dropout.rate > 0 ? batch.row_keys.data() : nullptr};
  }
};

// Each sequence of `queries` with the keys and values of the same sequence of `keys`.
Sequences packed_keys(const Batch& queries, const Batch& keys, const Tensor& k, const Tensor& v) {
  Sequences all;
  for (int i = 0; i < queries.sequences(); ++i) {
    const size_t first = size_t(keys.offsets[i]) * k.cols();
    all.add(queries.offsets[i], queries.length(i), keys.length(i),
            {{k.data() + first, v.data() + first, keys.length(i), k.cols()}});
  }
  return all;
}

Sequences cached_keys(Run& run, const Tensor& k, const Tensor& v, int layer) {
  Sequences all;
  for (int i = 0; i < run.batch.sequences(); ++i) {
    KeyValueCache& cache = *run.caches[i];
    const size_t first = size_t(run.batch.offsets[i]) * k.cols();
    const int queries = run.batch.length(i), keys = cache.rows() + queries;
    cache.append(run.lane, layer, k.data() + first, v.data() + first, queries);
    all.add(run.batch.offsets[i], queries, keys, cache.spans(layer, keys));
  }
  return all;
}

// Where the bias of each sequence begins in `values`, or in a gradient of their layout.
std::vector<int64_t> bias_begins(const ScoreBias& bias, const AttentionShape& shape, const Sequences& all) {
  std::vector<int64_t> begins;
  int64_t end = 0;
  for (const AttentionSequence& sequence : all.sequences) {
    const int reach = bias.values.cols() / 2, first_position = sequence.keys - sequence.queries;
    begins.push_back(bias.is_by_distance ? reach - first_position : end);
    end += int64_t(shape.heads) * sequence.queries * sequence.keys;
    check(!bias.is_by_distance || std::max(sequence.keys, sequence.queries) <= reach + 1,
          "attention: the bias reaches ", reach, " far, a sequence has ", sequence.queries, " queries and ",
          sequence.keys, " keys");
  }
  if (bias.is_by_distance)
    check(bias.values.rows() == shape.heads && bias.values.cols() % 2 == 1, "attention: the bias by distance is ",
          bias.values.rows(), " x ", bias.values.cols(), " for ", shape.heads, " heads");
  else
    check(int64_t(bias.values.size()) == end, "attention: the bias has ", bias.values.size(), " values, the scores ",
          end);
  return begins;
}

void set_bias(const ScoreBias& bias, const AttentionShape& shape, Sequences& all) {
  if (!bias) return;
  const std::vector<int64_t> begins = bias_begins(bias, shape, all);
  for (size_t i = 0; i < begins.size(); ++i) {
    AttentionSequence& sequence = all.sequences[i];
    sequence.bias = {bias.values.data() + begins[i], bias.values.cols(), -1};
    if (!bias.is_by_distance) {
      sequence.bias.head_stride = int64_t(sequence.queries) * sequence.keys;
      sequence.bias.query_stride = sequence.keys;
    }
  }
}

void observe(const Run& run, const AttentionShape& shape, const Tensor& q, const Sequences& all, const Tensor& lse,
             const AttentionPlace& place) {
  for (size_t i = 0; i < all.sequences.size(); ++i) {
    const AttentionSequence& sequence = all.sequences[i];
    const Tensor p = run.tensor(shape.heads * sequence.queries, sequence.keys);
    run.kernels().attention_probabilities(run.stream(), shape, q.data(), sequence, lse.data(), p.data());
    run.observer->on_attention(place.kind, place.layer, int(i), shape.heads, sequence.queries, sequence.keys,
                               p.values().data());
  }
}

// What the backward pass reads.
struct Kept {
  AttentionShape shape;
  Saved q, k, v, y;
  Tensor lse;
  const Batch* keys;
  ScoreBias bias;
};

void attention_backward(const Run& run, Tape& tape, const Kept& kept) {
  const Tensor q = kept.q.restore(run), k = kept.k.restore(run), v = kept.v.restore(run), y = kept.y.restore(run);
  const Tensor dy = tape.upstream(kept.y.identity());
  Sequences all = packed_keys(run.batch, *kept.keys, k, v);
  set_bias(kept.bias, kept.shape, all);
  const AttentionBatch batch = all.batch(run.batch, kept.shape);

  // The kernel fills all three gradients; one that nobody watches goes to a tensor of its own.
  const Identity &of_q = kept.q.identity(), &of_k = kept.k.identity(), &of_v = kept.v.identity();
  const bool are_apart = of_q != of_k && of_q != of_v && of_k != of_v;
  const auto into = [&](const Identity& x, Tensor& unwatched) -> GradientSum {
    if (const GradientSum sum = are_apart ? tape.sum(x) : tape.gradient(x)) return sum;
    unwatched = run.tensor(x->rows, x->cols);
    return {unwatched.data(), true};
  };
  Tensor dq, dk, dv;
  run.kernels().attention_backward(run.stream(), kept.shape, q.data(), batch, y.data(), kept.lse.data(), dy.data(),
                                   into(of_q, dq), into(of_k, dk), into(of_v, dv));

  float* dvalues = kept.bias ? tape.gradient(kept.bias.values) : nullptr;
  if (!dvalues) return;
  std::vector<float*> dbias;
  for (const int64_t begin : bias_begins(kept.bias, kept.shape, all)) dbias.push_back(dvalues + begin);
  run.kernels().attention_bias_backward(run.stream(), kept.shape, q.data(), batch, y.data(), kept.lse.data(), dy.data(),
                                        dbias.data());
}

void check_shapes(const Run& run, const AttentionShape& shape, const Tensor& q, const Tensor& k, const Tensor& v,
                  const AttentionPlace& place) {
  check(q.cols() == shape.heads * shape.head_width && k.cols() == shape.kv_heads * shape.head_width &&
            v.cols() == k.cols() && shape.heads % shape.kv_heads == 0,
        "attention: q has ", q.cols(), " columns, k ", k.cols(), ", v ", v.cols(), " for ", shape.heads, " heads on ",
        shape.kv_heads, " of ", shape.head_width);
  if (!place.keys) return;
  check(!shape.causal && shape.window == 0, "attention: across, it is neither causal nor in a window");
  check(place.keys->sequences() == run.batch.sequences() && k.rows() == place.keys->rows() && v.rows() == k.rows(),
        "attention: ", run.batch.sequences(), " sequences of queries on ", place.keys->sequences(), " with ",
        place.keys->rows(), " rows; k has ", k.rows(), ", v ", v.rows());
}

}  // namespace

Tensor attention(Run& run, AttentionShape shape, const Tensor& q, const Tensor& own_k, const Tensor& own_v,
                 const AttentionPlace& place, Dtype dtype) {
  check_shapes(run, shape, q, own_k, own_v, place);
  const bool cached = !place.keys && !run.caches.empty();
  const auto [k, v, prefixed] =
      cached || place.keys ? PrefixedKeys{own_k, own_v, nullptr} : with_prefixes(run, own_k, own_v, place.layer);
  const bool recorded = run.records({q, k, v, place.bias.values});
  check(!recorded || !cached, "attention: a cached pass cannot be recorded");
  if (cached) shape.cache = run.caches[0]->dtype();
  const Batch& keys = place.keys ? *place.keys : prefixed ? *prefixed : run.batch;
  Sequences all = cached ? cached_keys(run, k, v, place.layer) : packed_keys(run.batch, keys, k, v);
  set_bias(place.bias, shape, all);

  const bool observed = run.observer && run.observer->on_attention;
  Tensor y = run.tensor(q.rows(), q.cols(), dtype);
  const Tensor lse = recorded || observed ? run.tensor(q.rows(), shape.heads) : Tensor();
  run.kernels().attention(run.stream(), shape, q.data(), all.batch(run.batch, shape), y.destination(),
                          lse ? lse.data() : nullptr);
  if (observed) observe(run, shape, q, all, lse, place);

  if (recorded)
    run.tape->record({y.identity()},
                     [run, kept = Kept{shape, Saved(run, q), Saved(run, k), Saved(run, v), Saved(run, y), lse, &keys,
                                       place.bias}](Tape& tape) { attention_backward(run, tape, kept); });
  return y;
}

}  // namespace graft::inline v0
