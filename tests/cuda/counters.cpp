// SPDX-License-Identifier: Apache-2.0
//
// What the kernels move, counted on the emulated GPU at the shapes of SmolLM2-135M: bytes beside the fewest that the
// call's operands make (each read or written once), accesses of a warp that touch more sectors than they need, and
// conflicts of shared memory an access.
#include <stdio.h>

#include <functional>
#include <string>
#include <vector>

#include "cuda/cuda.hpp"
#include "emulator.hpp"

namespace graft {
namespace {

using emulation::Gpu;
const Kernels& k = cuda::table;

constexpr int kWidth = 576, kHeads = 9, kKeyHeads = 3, kHeadWidth = 64, kInner = 1536, kVocabulary = 49152;

class Report {
 public:
  Report() : stream_(cuda::backend.open(cuda::backend.open_queue(0), {})) {
    printf(
        "| kernel | shape | asked for, MiB | over the fewest | from memory, MiB | over the fewest | uncoalesced "
        "| bank conflicts |\n|---|---|---|---|---|---|---|---|\n");
  }
  ~Report() { cuda::backend.close(stream_); }
  const Stream& stream() const { return stream_; }

  // Device memory of small values.
  float* floats(int64_t count) {
    std::vector<float> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 7 % 13) / 13 - 0.4f;
    return on_device(values);
  }
  template <class T>
  T* zeros(int64_t count) {
    return on_device(std::vector<T>(static_cast<size_t>(count)));
  }

  void line(const char* kernel, const std::string& shape, double fewest, const std::function<void()>& call) const {
    Gpu::counters() = {};
    Gpu::count(true);
    call();
    Gpu::count(false);
    const emulation::Counters& c = Gpu::counters();
    const double bytes = static_cast<double>(c.bytes_read + c.bytes_written);
    const double sectors = 32.0 * static_cast<double>(c.sectors_read.size() + c.sectors_written.size());
    printf("| %s | %s | %.2f | %.2f | %.2f | %.2f | %.1f %% of %llu | %.2f |\n", kernel, shape.c_str(),
           bytes / (1 << 20), bytes / fewest, sectors / (1 << 20), sectors / fewest,
           100.0 * static_cast<double>(c.uncoalesced) / static_cast<double>(std::max<uint64_t>(1, c.accesses)),
           static_cast<unsigned long long>(c.accesses),
           static_cast<double>(c.bank_conflicts) / static_cast<double>(std::max<uint64_t>(1, c.shared_accesses)));
    fflush(stdout);
  }

 private:
  template <class T>
  T* on_device(const std::vector<T>& values) {
    void* const memory = cuda::memory.allocate(stream_, values.size() * sizeof(T));
    cuda::memory.upload(stream_, values.data(), memory, values.size() * sizeof(T));
    return static_cast<T*>(memory);
  }

  Stream stream_;
};

void norms(Report& r, int rows) {
  const double matrix = 4.0 * rows * kWidth;
  const int64_t count = int64_t{rows} * kWidth;
  float *x = r.floats(count), *y = r.floats(count), *dy = r.floats(count), *w = r.floats(kWidth),
        *inverse = r.floats(rows), *mean = r.floats(rows), *dw = r.floats(kWidth);
  const std::string shape = std::to_string(rows) + " x 576";
  r.line("rms_norm", shape, 2 * matrix, [&] { k.rms_norm(r.stream(), x, w, y, inverse, rows, kWidth, 1e-5f, 0); });
  const Destination halves(reinterpret_cast<uint16_t*>(y));
  r.line("rms_norm, as bf16", shape, 1.5 * matrix,
         [&] { k.rms_norm(r.stream(), x, w, halves, inverse, rows, kWidth, 1e-5f, 0); });
  r.line("rms_norm_backward, dx", shape, 4 * matrix,
         [&] { k.rms_norm_backward(r.stream(), x, w, inverse, dy, y, nullptr, rows, kWidth, 0); });
  r.line("rms_norm_backward, dweight", shape, 2 * matrix,
         [&] { k.rms_norm_backward(r.stream(), x, w, inverse, dy, nullptr, dw, rows, kWidth, 0); });
  r.line("layer_norm", shape, 2 * matrix,
         [&] { k.layer_norm(r.stream(), x, w, w, y, mean, inverse, rows, kWidth, 1e-5f); });
  r.line("layer_norm_backward, dx", shape, 4 * matrix,
         [&] { k.layer_norm_backward(r.stream(), x, w, mean, inverse, dy, y, nullptr, nullptr, rows, kWidth); });
}

void elementwise(Report& r, int rows) {
  const int64_t count = int64_t{rows} * kInner;
  const double matrix = 4.0 * static_cast<double>(count), heads = 4.0 * rows * kWidth;
  float *gate = r.floats(count), *up = r.floats(count), *y = r.floats(count), *dgate = r.floats(count),
        *dup = r.floats(count);
  const std::string shape = std::to_string(rows) + " x 1536";
  r.line("activation", shape, 2 * matrix, [&] { k.activation(r.stream(), Activation::silu, gate, y, count); });
  r.line("gated_activation", shape, 3 * matrix,
         [&] { k.gated_activation(r.stream(), Activation::silu, gate, up, y, count); });
  const Destination halves(reinterpret_cast<uint16_t*>(y));
  r.line("gated_activation, as bf16", shape, 2.5 * matrix,
         [&] { k.gated_activation(r.stream(), Activation::silu, gate, up, halves, count); });
  r.line("gated_activation_backward", shape, 7 * matrix, [&] {
    k.gated_activation_backward(r.stream(), Activation::silu, gate, up, Dtype::f32, y, dgate, dup, count);
  });
  r.line("add", shape, 3 * matrix, [&] { k.add(r.stream(), gate, up, y, count); });
  r.line("dropout", shape, 2 * matrix, [&] {
    k.dropout(r.stream(), {1, 2, 3}, nullptr, 0.1f, gate, y, rows, kInner, false);
  });
  float *cosine = r.floats(rows * 32), *sine = r.floats(rows * 32);
  r.line("rotary", std::to_string(rows) + " x 9 x 64", 2 * heads + 8.0 * rows * 32,
         [&] { k.rotary(r.stream(), gate, cosine, sine, y, rows, kHeads, kHeadWidth, 32, false, false); });
  std::vector<int32_t> ids(static_cast<size_t>(rows));
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i % 500);
  r.line("combine_rows", std::to_string(rows / 2) + " x 2 x 576", 1.5 * heads,
         [&] { k.combine_rows(r.stream(), gate, ids.data(), up, rows / 2, 2, kWidth, y); });
  const PackedMatrix table = {r.floats(500 * kWidth), Dtype::f32, 500, kWidth};
  r.line("embedding", std::to_string(rows) + " x 576", 2 * heads,
         [&] { k.embedding(r.stream(), table, ids.data(), rows, y); });
}

void losses(Report& r, int rows) {
  float *logits = r.floats(int64_t{rows} * kVocabulary), *found = r.floats(rows);
  const std::vector<int32_t> targets(static_cast<size_t>(rows), 5);
  const std::vector<float> weights(static_cast<size_t>(rows), 1);
  r.line("cross_entropy", std::to_string(rows) + " x 49152", 8.0 * rows * kVocabulary,
         [&] { k.cross_entropy(r.stream(), logits, targets.data(), weights.data(), rows, kVocabulary, 0, found); });
}

void optimizers(Report& r) {
  const int64_t count = kWidth * kInner;
  const double matrix = 4.0 * kWidth * kInner;
  float *g = r.floats(count), *p = r.floats(count), *m = r.zeros<float>(count), *v = r.zeros<float>(count);
  uint8_t *codes = r.zeros<uint8_t>(count), *others = r.zeros<uint8_t>(count);
  const AdamStep step = {{1, 1e-3f, 0.1f, 1}, 0.9f, 0.99f, 1e-8f, true};
  r.line("adam", "576 x 1536", 7 * matrix, [&] { k.adam(r.stream(), step, g, p, m, v, nullptr, count); });
  r.line("adam_8bit", "576 x 1536", 4 * matrix, [&] {
    k.adam_8bit(r.stream(), step, g, p, {codes, m}, {others, v}, count);
  });
  r.line("lion", "576 x 1536", 5 * matrix, [&] { k.lion(r.stream(), step.step, 0.9f, 0.99f, g, p, m, count); });
  r.line("sgd", "576 x 1536", 5 * matrix, [&] { k.sgd(r.stream(), {step.step, 0.9f, 0, false}, g, p, m, count); });
  double* const sum = r.zeros<double>(1);
  r.line("square_sum", "576 x 1536", matrix, [&] { k.square_sum(r.stream(), g, count, sum); });
}

void products(Report& r) {
  float *x = r.floats(kWidth), *y = r.floats(kInner);
  for (const auto& [name, dtype, bytes] : {std::tuple{"f32", Dtype::f32, 4.0},
                                           {"bf16", Dtype::bf16, 2.0},
                                           {"q8_0", Dtype::q8_0, 34.0 / 32},
                                           {"q4_0", Dtype::q4_0, 18.0 / 32},
                                           {"q4_1", Dtype::q4_1, 20.0 / 32}}) {
    const PackedMatrix w = {r.zeros<char>(static_cast<int64_t>(k.packed_bytes(dtype, kInner, kWidth))), dtype, kInner,
                            kWidth};
    r.line("linear, 1 row", std::string("576 to 1536, ") + name, bytes * kInner * kWidth, [&] {
      k.linear(r.stream(), Compute::int8, {x, kWidth}, 1, &w, nullptr, &y, 1, nullptr, 0, nullptr);
    });
  }
}

void attention(Report& r, int queries, int keys, Compute compute) {
  const int64_t width = kHeads * kHeadWidth, kv_width = kKeyHeads * kHeadWidth;
  float *q = r.floats(queries * width), *y = r.floats(queries * width), *lse = r.floats(int64_t{queries} * kHeads);
  const KeyValueSpan span = {r.floats(keys * kv_width), r.floats(keys * kv_width), keys, kv_width};
  const AttentionSequence sequence = {0, queries, keys, &span, 1};
  std::vector<AttentionTile> tiles;
  for (int first = 0; first < queries; first += kAttentionTile) tiles.push_back({0, first});
  AttentionShape shape = {.heads = kHeads, .kv_heads = kKeyHeads, .head_width = kHeadWidth, .scale = 0.125f};
  shape.compute = compute;
  r.line("attention",
         std::to_string(queries) + " of " + std::to_string(keys) + (compute == Compute::f32 ? ", f32" : ", bf16"),
         8.0 * static_cast<double>(queries * width + keys * kv_width), [&] {
           k.attention(r.stream(), shape, q, {&sequence, 1, tiles.data(), static_cast<int>(tiles.size())}, y, lse);
         });
}

}  // namespace
}  // namespace graft

int main() {
  using namespace graft;
  Report report;
  norms(report, 8192);
  elementwise(report, 256);
  losses(report, 4);
  optimizers(report);
  products(report);
  attention(report, 256, 256, Compute::bf16);
  attention(report, 2048, 2048, Compute::bf16);
  attention(report, 1, 512, Compute::bf16);
}
