// SPDX-License-Identifier: Apache-2.0
//
// Products and attention on one thread, for every table. Rates are in floating-point operations, and in bytes of the
// weight for products of one row.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "blocks.hpp"
#include "kernels.hpp"

namespace graft {
namespace {

// Runs tasks in turn; scratch grows and stays.
class SerialStream {
 public:
  operator Stream() { return {this, 1, parallel, scratch}; }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  static void parallel(void*, int tasks, void (*body)(void*, int, int), void* argument) {
    for (int task = 0; task < tasks; ++task) body(argument, task, 0);
  }
  static void* scratch(void* context, size_t bytes) {
    SerialStream& self = *static_cast<SerialStream*>(context);
    if (bytes > self.bytes_) {
      self.memory_.reset(std::aligned_alloc(64, (bytes + 63) / 64 * 64));
      self.bytes_ = bytes;
    }
    return self.memory_.get();
  }
  std::unique_ptr<void, Free> memory_;
  size_t bytes_ = 0;
};

// On cache lines of their own, as the library's tensors are.
template <class T>
struct LineAllocator : std::allocator<T> {
  template <class Other>
  struct rebind {
    using other = LineAllocator<Other>;
  };
  T* allocate(size_t count) { return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* data, size_t) { ::operator delete (data, std::align_val_t{64}); }
};
using Floats = std::vector<float, LineAllocator<float>>;

Floats noise(size_t count) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Floats x(count);
  for (float& value : x) value = uniform(random);
  return x;
}

using benchmark::Counter;
using benchmark::State;

Counter rate(double operations) { return Counter(operations, Counter::kIsIterationInvariantRate); }

struct Weight {
  std::vector<char, LineAllocator<char>> packed;
  PackedMatrix matrix;
  Weight(const Kernels& kernels, Stream stream, Dtype dtype, int rows, int cols) {
    std::vector<char> raw(row_bytes(dtype, static_cast<int64_t>(rows) * cols));
    if (block_size(dtype).elements <= 32)
      kernels.encode(stream, dtype, noise(static_cast<size_t>(rows) * cols).data(), raw.data(), int64_t{rows} * cols);
    packed.resize(kernels.packed_bytes(dtype, rows, cols));
    kernels.pack(stream, dtype, raw.data(), 0, rows, packed.data(), rows, cols);
    matrix = {packed.data(), dtype, rows, cols};
  }
};

void linear(State& state, const Kernels& kernels, Dtype dtype, Compute compute, int rows, int outputs, int cols) {
  SerialStream serial;
  const Weight weight(kernels, serial, dtype, outputs, cols);
  const Floats x = noise(static_cast<size_t>(rows) * cols);
  Floats y(static_cast<size_t>(rows) * outputs);
  float* out = y.data();
  for (auto _ : state)
    kernels.linear(serial, compute, {x.data(), cols}, rows, &weight.matrix, nullptr, &out, 1, nullptr, 0, nullptr);
  state.counters["flop/s"] = rate(2.0 * rows * outputs * cols);
  if (rows <= 8) state.counters["B/s"] = rate(static_cast<double>(weight.packed.size()));
}

void linear_backward(State& state, const Kernels& kernels, Dtype dtype, Compute compute, int rows, int outputs,
                     int cols) {
  SerialStream serial;
  const Weight weight(kernels, serial, dtype, outputs, cols);
  const Floats dy = noise(static_cast<size_t>(rows) * outputs);
  Floats dx(static_cast<size_t>(rows) * cols);
  const Operand in = {dy.data(), outputs};
  for (auto _ : state) kernels.linear_backward(serial, compute, &in, rows, &weight.matrix, nullptr, 1, dx.data());
  state.counters["flop/s"] = rate(2.0 * rows * outputs * cols);
}

// dW = dyᵀ x, as a trained weight wants it.
void matmul(State& state, const Kernels& kernels, Compute compute, int m, int n, int k) {
  SerialStream serial;
  const Floats a = noise(static_cast<size_t>(m) * k), b = noise(static_cast<size_t>(n) * k);
  Floats c(static_cast<size_t>(m) * n);
  for (auto _ : state)
    kernels.matmul(serial, compute, {a.data(), m, true}, {b.data(), n, false}, c.data(), n, m, n, k, 1, true);
  state.counters["flop/s"] = rate(2.0 * m * n * k);
}

// Nine heads of width 64 that share three key heads. Only keys that a query sees count as work.
void attention(State& state, const Kernels& kernels, bool backward, int queries, int keys, Dtype cache,
               Compute compute) {
  SerialStream serial;
  const AttentionShape shape = {
      .heads = 9, .kv_heads = 3, .head_width = 64, .scale = 0.125f, .cache = cache, .compute = compute};
  const size_t width = 9 * 64, kv_width = 3 * 64;
  const Floats q = noise(queries * width), kv = noise(keys * kv_width);
  std::vector<uint16_t> halves(kv.size());
  kernels.convert(serial, kv.data(), Dtype::bf16, halves.data(), static_cast<int64_t>(kv.size()));
  const void* data = cache == Dtype::bf16 ? static_cast<const void*>(halves.data()) : kv.data();
  const KeyValueSpan span = {data, data, keys, static_cast<int64_t>(kv_width)};
  const AttentionSequence sequence = {0, queries, keys, &span, 1};
  std::vector<AttentionTile> tiles;
  for (int first = 0; first < queries; first += kAttentionTile) tiles.push_back({0, first});
  const AttentionBatch batch = {&sequence, 1, tiles.data(), static_cast<int>(tiles.size())};
  Floats y(q.size()), lse(queries * 9), dq(q.size()), dk(kv.size()), dv(kv.size());
  kernels.attention(serial, shape, q.data(), batch, y.data(), lse.data());
  for (auto _ : state)
    if (backward)
      kernels.attention_backward(serial, shape, q.data(), batch, y.data(), lse.data(), y.data(), dq.data(), dk.data(),
                                 dv.data());
    else
      kernels.attention(serial, shape, q.data(), batch, y.data(), lse.data());
  const double pairs = (keys - queries) * 1.0 * queries + queries * (queries + 1.0) / 2;
  state.counters["flop/s"] = rate(pairs * 9 * 64 * 2 * (backward ? 5 : 2));
}

void cross_entropy(State& state, const Kernels& kernels, int rows, int cols) {
  SerialStream serial;
  Floats logits = noise(static_cast<size_t>(rows) * cols), losses(rows), weights(rows, 1.0f);
  const std::vector<int32_t> targets(rows, 7);
  for (auto _ : state)
    kernels.cross_entropy(serial, logits.data(), targets.data(), weights.data(), rows, cols, 0, losses.data());
  state.counters["elements/s"] = rate(1.0 * rows * cols);
}

void adam(State& state, const Kernels& kernels, int count) {
  SerialStream serial;
  Floats g = noise(count), p = g, m(count), v(count);
  for (auto _ : state)
    kernels.adam(serial, {{1, 1e-3f, 0.01f, 3}, 0.9f, 0.999f, 1e-8f, true}, g.data(), p.data(), m.data(), v.data(),
                 nullptr, count);
  state.counters["elements/s"] = rate(count);
}

void square_sum(State& state, const Kernels& kernels, int count) {
  SerialStream serial;
  const Floats x = noise(count);
  double sum;
  for (auto _ : state) {
    kernels.square_sum(serial, x.data(), count, &sum);
    benchmark::DoNotOptimize(sum);
  }
  state.counters["elements/s"] = rate(count);
}

void rms_norm(State& state, const Kernels& kernels, bool backward, int rows, int cols) {
  SerialStream serial;
  const Floats x = noise(static_cast<size_t>(rows) * cols);
  Floats y(x.size()), inverse(rows), dweight(cols);
  kernels.rms_norm(serial, x.data(), x.data(), y.data(), inverse.data(), rows, cols, 1e-5f, 0);
  for (auto _ : state)
    if (backward)
      kernels.rms_norm_backward(serial, x.data(), x.data(), inverse.data(), x.data(), y.data(), dweight.data(), rows,
                                cols, 0);
    else
      kernels.rms_norm(serial, x.data(), x.data(), y.data(), inverse.data(), rows, cols, 1e-5f, 0);
  state.counters["elements/s"] = rate(1.0 * rows * cols);
}

void gated_activation(State& state, const Kernels& kernels, Activation kind, bool backward, int count) {
  SerialStream serial;
  const Floats x = noise(count);
  Floats y(count), z(count);
  for (auto _ : state)
    if (backward)
      kernels.gated_activation_backward(serial, kind, x.data(), x.data(), Dtype::f32, x.data(), y.data(), z.data(),
                                        count);
    else
      kernels.gated_activation(serial, kind, x.data(), x.data(), y.data(), count);
  state.counters["elements/s"] = rate(count);
}

void embedding(State& state, const Kernels& kernels, Dtype dtype, int rows, int cols) {
  SerialStream serial;
  const Weight table(kernels, serial, dtype, 49152, cols);
  std::vector<int32_t> ids(rows);
  for (int i = 0; i < rows; ++i) ids[i] = i * 7919 % 49152;
  Floats y(static_cast<size_t>(rows) * cols);
  for (auto _ : state) kernels.embedding(serial, table.matrix, ids.data(), rows, y.data());
  state.counters["elements/s"] = rate(1.0 * rows * cols);
}

void dropout(State& state, const Kernels& kernels, int rows, int cols) {
  SerialStream serial;
  const Floats x = noise(static_cast<size_t>(rows) * cols);
  Floats y(x.size());
  for (auto _ : state) kernels.dropout(serial, {1, 2, 3}, nullptr, 0.1f, x.data(), y.data(), rows, cols, false);
  state.counters["elements/s"] = rate(1.0 * rows * cols);
}

struct Kind {
  const char* name;
  Dtype dtype;
  Compute compute;
};
constexpr Kind kKinds[] = {{"f32", Dtype::f32, Compute::f32},          {"f16", Dtype::f16, Compute::f32},
                           {"bf16_as_f32", Dtype::bf16, Compute::f32}, {"bf16", Dtype::bf16, Compute::bf16},
                           {"q8_0", Dtype::q8_0, Compute::int8},       {"q4_0", Dtype::q4_0, Compute::int8},
                           {"q5_0", Dtype::q5_0, Compute::int8},       {"q4_k", Dtype::q4_k, Compute::int8},
                           {"q6_k", Dtype::q6_k, Compute::int8}};
constexpr int kShapes[][3] = {{2048, 576, 1536}, {2048, 2048, 2048}, {64, 576, 576}, {4, 8192, 2048}, {1, 8192, 2048}};

std::string shape_name(int m, int n, int k) {
  return std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
}

template <class Function, class... Arguments>
void add(const Kernels& kernels, const std::string& name, Function function, Arguments... arguments) {
  benchmark::RegisterBenchmark((kernels.name + ("/" + name)).c_str(), [=, &kernels](State& state) {
    function(state, kernels, arguments...);
  })->Unit(benchmark::kMicrosecond);
}

void add_table(const Kernels& kernels) {
  for (const Kind& kind : kKinds)
    for (const auto& [m, n, k] : kShapes) {
      add(kernels, std::string("linear/") + kind.name + "/" + shape_name(m, n, k), linear, kind.dtype, kind.compute, m,
          n, k);
      if (m > 1000)
        add(kernels, std::string("linear_backward/") + kind.name + "/" + shape_name(m, n, k), linear_backward,
            kind.dtype, kind.compute, m, n, k);
    }
  for (const auto& [m, n, k] : {std::array{576, 1536, 2048}, std::array{16, 576, 2048}, std::array{2048, 16, 576}}) {
    add(kernels, "matmul/f32/" + shape_name(m, n, k), matmul, Compute::f32, m, n, k);
    add(kernels, "matmul/bf16/" + shape_name(m, n, k), matmul, Compute::bf16, m, n, k);
  }
  for (const int tokens : {256, 1024, 2048}) {
    for (const auto& [name, compute] : {std::pair{"f32/", Compute::f32}, {"bf16/", Compute::bf16}}) {
      const std::string at = name + std::to_string(tokens);
      add(kernels, "attention/" + at, attention, false, tokens, tokens, Dtype::f32, compute);
      add(kernels, "attention_backward/" + at, attention, true, tokens, tokens, Dtype::f32, compute);
      add(kernels, "attention_decode/" + at, attention, false, 1, tokens, Dtype::bf16, compute);
    }
  }
  add(kernels, "cross_entropy/256x49152", cross_entropy, 256, 49152);
  add(kernels, "adam/4M", adam, 4 << 20);
  add(kernels, "square_sum/4M", square_sum, 4 << 20);
  add(kernels, "dropout/2048x576", dropout, 2048, 576);
  add(kernels, "rms_norm/2048x576", rms_norm, false, 2048, 576);
  add(kernels, "rms_norm_backward/2048x576", rms_norm, true, 2048, 576);
  for (const auto& [name, kind] : {std::pair{"silu/2M", Activation::silu}, {"gelu/2M", Activation::gelu}}) {
    add(kernels, std::string("gated_activation/") + name, gated_activation, kind, false, 2 << 20);
    add(kernels, std::string("gated_activation_backward/") + name, gated_activation, kind, true, 2 << 20);
  }
  add(kernels, "embedding/bf16/2048x576", embedding, Dtype::bf16, 2048, 576);
}

}  // namespace
}  // namespace graft

int main(int argc, char** argv) {
  const graft::KernelTables all = graft::kernel_tables();
  for (int i = 0; i < all.count + all.by_name; ++i) graft::add_table(*all.tables[i]);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
