// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "support/drawn_number.hpp"
#include "support/kernel_list.hpp"

namespace graft {
namespace {

float round_bf16(float x) {
  uint32_t u;
  std::memcpy(&u, &x, 4);
  u = (u + 0x7fff + (u >> 16 & 1)) & 0xffff0000;
  std::memcpy(&x, &u, 4);
  return x;
}

// A batch of sequences with their keys and values one after the other, cut into spans of `span_rows`.
struct Problem {
  AttentionShape shape;
  std::vector<int> queries, keys;
  std::vector<float> q, k, v, bias;
  std::vector<int64_t> bias_at;  // where each sequence's begins
  std::vector<uint16_t> k_halves, v_halves;
  std::vector<KeyValueSpan> spans;
  std::vector<AttentionSequence> sequences;
  std::vector<AttentionTile> tiles;
  std::vector<int64_t> row_keys;
  AttentionBatch batch;
  int rows = 0, key_rows = 0;

  Problem(AttentionShape s, std::vector<int> query_counts, std::vector<int> key_counts, int span_rows = 1 << 20)
      : shape(s), queries(std::move(query_counts)), keys(std::move(key_counts)) {
    for (size_t i = 0; i < queries.size(); ++i) rows += queries[i], key_rows += keys[i];
    const int kv_width = shape.kv_heads * shape.head_width;
    q = noise(rows * shape.heads * shape.head_width, 1);
    k = noise(key_rows * kv_width, 2);
    v = noise(key_rows * kv_width, 3);
    const bool halves = shape.cache == Dtype::bf16;
    if (halves)
      for (auto [from, to] : {std::pair{&k, &k_halves}, {&v, &v_halves}})
        for (float& x : *from) {
          x = round_bf16(x);
          uint32_t u;
          std::memcpy(&u, &x, 4);
          to->push_back(static_cast<uint16_t>(u >> 16));
        }
    std::vector<size_t> first_span;
    int row = 0;
    for (const int count : keys) {
      first_span.push_back(spans.size());
      for (int at = 0; at < count; at += span_rows) {
        const int64_t element = static_cast<int64_t>(row + at) * kv_width;
        const void* from_k = halves ? static_cast<const void*>(k_halves.data() + element) : k.data() + element;
        const void* from_v = halves ? static_cast<const void*>(v_halves.data() + element) : v.data() + element;
        spans.push_back({from_k, from_v, std::min(span_rows, count - at), kv_width});
      }
      row += count;
    }
    first_span.push_back(spans.size());
    int first = 0;
    for (size_t i = 0; i < queries.size(); ++i) {
      sequences.push_back({first, queries[i], keys[i], spans.data() + first_span[i],
                           static_cast<int>(first_span[i + 1] - first_span[i])});
      for (int at = 0; at < queries[i]; at += kAttentionTile) tiles.push_back({static_cast<int>(i), at});
      first += queries[i];
    }
    for (int64_t i = 0; i < rows; ++i) row_keys.push_back(i * 1001 + (int64_t{5} << 30));
    batch = {sequences.data(), static_cast<int>(sequences.size()), tiles.data(), static_cast<int>(tiles.size()),
             row_keys.data()};
  }

  // One bias of all sequences, by distance.
  Problem& with_distances() {
    const int reach = *std::max_element(keys.begin(), keys.end());
    for (size_t i = 0; i < sequences.size(); ++i) bias_at.push_back(reach - (keys[i] - queries[i]));
    return with_bias(shape.heads * (2 * reach + 1), [=](size_t) { return std::pair(2 * reach + 1, -1); });
  }
  // A block of each sequence.
  Problem& with_blocks() {
    int count = 0;
    for (size_t i = 0; i < sequences.size(); ++i) {
      bias_at.push_back(count);
      count += shape.heads * queries[i] * keys[i];
    }
    return with_bias(count, [this](size_t i) { return std::pair(queries[i] * keys[i], keys[i]); });
  }

 private:
  template <class Strides>
  Problem& with_bias(int count, const Strides& strides) {
    bias = noise(count, 6);
    for (size_t i = 0; i < sequences.size(); ++i)
      sequences[i].bias = {bias.data() + bias_at[i], strides(i).first, strides(i).second};
    return *this;
  }
};

struct Reference {
  std::vector<double> y, lse, dq, dk, dv, dbias, p;  // p of the last sequence
};

double dot(const float* a, const float* b, int count) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

// The probabilities of one query and head, and the derivative of each score by its product.
void probabilities(const Problem& t, int sequence, int head, int query, const float* q, const float* k,
                   std::vector<double>& p, std::vector<double>& slope, double& lse) {
  const AttentionShape& s = t.shape;
  const int keys = t.keys[sequence], position = keys - t.queries[sequence] + query;
  const AttentionBias& bias = t.sequences[sequence].bias;
  p.assign(keys, 0);
  slope.assign(keys, 0);
  double total = 0;
  for (int j = 0; j < keys; ++j) {
    if ((s.causal && j > position) || (s.window > 0 && std::abs(position - j) >= s.window)) continue;
    double x = s.scale * dot(q, k + static_cast<int64_t>(j) * s.kv_heads * s.head_width, s.head_width);
    slope[j] = s.scale;
    if (s.soft_cap > 0) {
      const double t_x = std::tanh(x / s.soft_cap);
      x = s.soft_cap * t_x;
      slope[j] *= 1 - t_x * t_x;
    }
    if (bias.data) x += bias.data[head * bias.head_stride + query * bias.query_stride + j];
    p[j] = std::exp(x);
    total += p[j];
  }
  for (double& x : p) x /= total;
  lse = std::log(total);
}

// What dropout leaves of 1.
double left_of(const AttentionShape& s, int64_t row_key, int head, uint64_t key) {
  const uint64_t number = (static_cast<uint64_t>(row_key * s.heads + head) << kKeyBits) + key;
  const bool stays = drawn_number(s.dropout.key, number) >> 8 >= std::ceil(s.dropout.rate * 16777216.0f);
  return stays ? 1 / (1 - static_cast<double>(s.dropout.rate)) : 0;
}

Reference reference(const Problem& t, const std::vector<float>& dy) {
  const AttentionShape& s = t.shape;
  const int width = s.head_width, kv_width = s.kv_heads * width, shared = s.heads / s.kv_heads;
  Reference r;
  r.y.assign(t.q.size(), 0), r.dq.assign(t.q.size(), 0), r.lse.assign(t.rows * s.heads, 0);
  r.dk.assign(t.k.size(), 0), r.dv.assign(t.k.size(), 0), r.dbias.assign(t.bias.size(), 0);
  std::vector<double> p, slope;
  int row = 0, key_row = 0;
  for (size_t n = 0; n < t.queries.size(); ++n) {
    r.p.clear();
    for (int head = 0; head < s.heads; ++head)
      for (int i = 0; i < t.queries[n]; ++i) {
        const int64_t at = static_cast<int64_t>(row + i) * s.heads * width + head * width;
        const int64_t kv = static_cast<int64_t>(key_row) * kv_width + head / shared * width;
        double& lse = r.lse[(row + i) * s.heads + head];
        probabilities(t, static_cast<int>(n), head, i, &t.q[at], &t.k[kv], p, slope, lse);
        r.p.insert(r.p.end(), p.begin(), p.end());
        std::vector<double> kept(p.size());
        for (size_t j = 0; j < kept.size(); ++j) kept[j] = left_of(s, t.row_keys[row + i], head, j);
        double mean = 0;
        for (int j = 0; j < t.keys[n]; ++j) mean += p[j] * kept[j] * dot(&dy[at], &t.v[kv + j * kv_width], width);
        for (int j = 0; j < t.keys[n]; ++j) {
          const int64_t key = kv + static_cast<int64_t>(j) * kv_width;
          const double dscore = p[j] * (kept[j] * dot(&dy[at], &t.v[key], width) - mean), ds = dscore * slope[j];
          const AttentionBias& bias = t.sequences[n].bias;
          if (bias.data) r.dbias[t.bias_at[n] + head * bias.head_stride + i * bias.query_stride + j] += dscore;
          for (int d = 0; d < width; ++d) {
            r.y[at + d] += p[j] * kept[j] * t.v[key + d];
            r.dv[key + d] += p[j] * kept[j] * dy[at + d];
            r.dk[key + d] += ds * t.q[at + d];
            r.dq[at + d] += ds * t.k[key + d];
          }
        }
      }
    row += t.queries[n];
    key_row += t.keys[n];
  }
  return r;
}

AttentionShape shape_of(int heads, int kv_heads, int head_width) {
  return {.heads = heads, .kv_heads = kv_heads, .head_width = head_width, .scale = 0.3f};
}

std::vector<Problem> problems(Dtype cache, int span_rows) {
  AttentionShape plain = shape_of(6, 2, 64), wide = shape_of(2, 2, 80), odd = shape_of(4, 1, 20),
                 both = shape_of(3, 3, 16), local = shape_of(4, 2, 24);
  plain.cache = wide.cache = odd.cache = both.cache = local.cache = cache;
  wide.window = 7;
  odd.window = 100, odd.soft_cap = 2;
  both.causal = local.causal = false;
  local.window = 11;
  AttentionShape dropping = odd, sparse = plain;
  dropping.dropout = {0.4f, {7, 3, 11}}, sparse.dropout = {0.1f, {1, uint64_t{1} << 40, 2}};
  std::vector<Problem> all;
  all.reserve(12);
  all.emplace_back(dropping, std::vector{140, 40}, std::vector{240, 41}, span_rows).with_distances();
  all.emplace_back(sparse, std::vector{33, 1, 130}, std::vector{33, 1, 130}, span_rows);
  all.emplace_back(plain, std::vector{33, 1, 130}, std::vector{33, 1, 130}, span_rows);
  all.emplace_back(plain, std::vector{1, 3}, std::vector{210, 97}, span_rows);
  all.emplace_back(wide, std::vector{70, 5}, std::vector{70, 111}, span_rows);
  all.emplace_back(odd, std::vector{140, 40}, std::vector{240, 41}, span_rows);
  all.emplace_back(both, std::vector{9, 100}, std::vector{9, 100}, span_rows);
  all.emplace_back(local, std::vector{9, 130}, std::vector{9, 130}, span_rows);
  all.emplace_back(both, std::vector{9, 100}, std::vector{9, 100}, span_rows).with_distances();
  all.emplace_back(odd, std::vector{140, 40}, std::vector{240, 41}, span_rows).with_distances();
  all.emplace_back(both, std::vector{70, 3}, std::vector{5, 101}, span_rows).with_blocks();
  all.emplace_back(local, std::vector{9, 70}, std::vector{9, 70}, span_rows).with_blocks();
  return all;
}

}  // namespace

TEST_CASE("attention agrees with softmax in double", "[kernels]") {
  for (const Dtype cache : {Dtype::f32, Dtype::bf16})
    for (const int span_rows : {1 << 20, 50})
      for (Problem t : problems(cache, span_rows)) {
        const Reference expected = reference(t, t.q);
        t.shape.compute = GENERATE(Compute::f32, Compute::bf16);
        const double limit = t.shape.compute == Compute::f32 ? 2e-5 : 3e-2;
        for (const Kernels* kernels : kernel_list()) {
          INFO(kernels->name << " rows " << t.rows << " width " << t.shape.head_width << " spans of " << span_rows);
          std::vector<float> all(t.q.size() + expected.lse.size(), NAN);
          all = run_on_workers(all, [&](Stream stream, float* y) {
            kernels->attention(stream, t.shape, t.q.data(), t.batch, y, y + t.q.size());
          });
          CHECK(difference(std::span(all).first(t.q.size()), expected.y) < limit);
          CHECK(difference(std::span(all).subspan(t.q.size()), expected.lse) < limit);
          std::vector<float> lse(all.begin() + static_cast<long>(t.q.size()), all.end());
          const auto p = run_on_workers(std::vector<float>(expected.p.size(), NAN), [&](Stream stream, float* out) {
            kernels->attention_probabilities(stream, t.shape, t.q.data(), t.sequences.back(), lse.data(), out);
          });
          CHECK(difference(p, expected.p) < limit);
        }
      }
}

TEST_CASE("attention_backward agrees with the derivative in double", "[kernels]") {
  for (Problem t : problems(Dtype::f32, 1 << 20)) {
    t.shape.compute = GENERATE(Compute::f32, Compute::bf16);
    const double limit = t.shape.compute == Compute::f32 ? 1e-4 : 1e-1;
    const std::vector<float> dy = noise(t.q.size(), 4), start = noise(t.q.size() + 2 * t.k.size(), 5);
    const Reference expected = reference(t, dy);
    std::vector<double> sums(start.begin(), start.end());
    size_t at = 0;
    for (const auto* part : {&expected.dq, &expected.dk, &expected.dv})
      for (const double x : *part) sums[at++] += x;
    const std::vector<float> y(expected.y.begin(), expected.y.end()), lse(expected.lse.begin(), expected.lse.end());
    for (const Kernels* kernels : kernel_list()) {
      INFO(kernels->name << " rows " << t.rows << " width " << t.shape.head_width);
      const auto backward = [&](const std::vector<float>& from, bool is_unset) {
        return run_on_workers(from, [&](Stream stream, float* d) {
          float *dk = d + t.q.size(), *dv = dk + t.k.size();
          kernels->attention_backward(stream, t.shape, t.q.data(), t.batch, y.data(), lse.data(), dy.data(),
                                      {d, is_unset}, {dk, is_unset}, {dv, is_unset});
        });
      };
      CHECK(difference(backward(start, false), sums) < limit);
      const std::vector<float> zeros(start.size()), unset(start.size(), NAN);
      CHECK(backward(unset, true) == backward(zeros, false));
    }
  }
}

TEST_CASE("attention_bias_backward agrees with the derivative in double", "[kernels]") {
  for (Problem t : problems(Dtype::f32, 1 << 20)) {
    if (t.bias.empty()) continue;
    t.shape.compute = GENERATE(Compute::f32, Compute::bf16);
    const double limit = t.shape.compute == Compute::f32 ? 1e-4 : 1e-1;
    const std::vector<float> dy = noise(t.q.size(), 4), start = noise(t.bias.size(), 5);
    const Reference expected = reference(t, dy);
    std::vector<double> sums(start.begin(), start.end());
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += expected.dbias[i];
    const std::vector<float> y(expected.y.begin(), expected.y.end()), lse(expected.lse.begin(), expected.lse.end());
    for (const Kernels* kernels : kernel_list()) {
      INFO(kernels->name << " rows " << t.rows << " width " << t.shape.head_width);
      const auto found = run_on_workers(start, [&](Stream stream, float* d) {
        std::vector<float*> dbias;
        for (const int64_t at : t.bias_at) dbias.push_back(d + at);
        kernels->attention_bias_backward(stream, t.shape, t.q.data(), t.batch, y.data(), lse.data(), dy.data(),
                                         dbias.data());
      });
      CHECK(difference(found, sums) < limit);
    }
  }
}

TEST_CASE("a query's attention has the same bits in any chunk", "[kernels]") {
  Problem whole(shape_of(6, 2, 64), {150}, {150});
  whole.shape.compute = GENERATE(Compute::f32, Compute::bf16);
  for (const Kernels* kernels : kernel_list()) {
    INFO(kernels->name);
    TestStream stream;
    std::vector<float> y(whole.q.size()), part(whole.q.size());
    kernels->attention(stream, whole.shape, whole.q.data(), whole.batch, y.data(), nullptr);
    const AttentionSequence last = {140, 10, 150, whole.spans.data(), 1};
    const AttentionTile tile = {0, 0};
    kernels->attention(stream, whole.shape, whole.q.data(), {&last, 1, &tile, 1}, part.data(), nullptr);
    const size_t from = 140 * 6 * 64;
    CHECK(difference(std::span(part).subspan(from), std::span(y).subspan(from)) == 0);
  }
}

}  // namespace graft
