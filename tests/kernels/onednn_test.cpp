// SPDX-License-Identifier: Apache-2.0
//
// The table with oneDNN's products against the one that it stands on.
#include <bit>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "backend/backend.hpp"
#include "onednn/plain_product.hpp"
#include "support/kernel_list.hpp"

namespace graft {
namespace {

// Null where the library was built without oneDNN.
const Kernels* onednn_table() {
  const KernelTables all = kernel_tables();
  for (int i = all.count; i < all.count + all.by_name; ++i)
    if (std::string(all.tables[i]->name).ends_with("+onednn")) return all.tables[i];
  return nullptr;
}

// What bf16 can hold: oneDNN's products round to it, ours only where the processor multiplies bf16 fast.
std::vector<float> rounded_noise(size_t count, unsigned seed) {
  std::vector<float> x = noise(count, seed);
  for (float& value : x) {
    const uint32_t bits = std::bit_cast<uint32_t>(value) & 0xffff0000u;
    value = std::bit_cast<float>(bits);
  }
  return x;
}

struct PackedWeight {
  std::vector<char> packed;
  PackedMatrix matrix;

  PackedWeight(const Kernels& kernels, Dtype dtype, int rows, int cols) {
    TestStream stream;
    const std::vector<float> values = noise(size_t(rows) * cols, 3, 0.1f);
    std::vector<char> raw(size_t(rows) * cols * sizeof(float));
    kernels.encode(stream, dtype, values.data(), raw.data(), int64_t(values.size()));
    packed.resize(kernels.packed_bytes(dtype, rows, cols));
    kernels.pack(stream, dtype, raw.data(), 0, rows, packed.data(), rows, cols);
    matrix = {packed.data(), dtype, rows, cols};
  }
};

}  // namespace

TEST_CASE("oneDNN's table is found by its name, and not taken unasked", "[kernels][onednn]") {
  const Kernels* onednn = onednn_table();
  if (!onednn) return;
  CHECK(onednn->name == std::string(kernel_list().back()->name) + "+onednn");
  const auto taken = [](const char* name) {
    return std::string(Backend::create({.kernels = name, .threads = 1})->kernels().name);
  };
  CHECK(taken(onednn->name) == onednn->name);
  if (!std::getenv("GRAFT_KERNELS")) CHECK(taken("") == kernel_list().back()->name);
}

TEST_CASE("oneDNN's linear agrees with ours, for whole tiles and for what is left", "[kernels][onednn]") {
  const Kernels* onednn = onednn_table();
  if (!onednn) return;
  const Kernels& ours = *kernel_list().back();
  for (const Dtype dtype : {Dtype::f32, Dtype::bf16})
    for (const Compute compute : {Compute::f32, Compute::bf16, Compute::int8})
      for (const int cols : {64, 96, 80, 33})
        for (const int rows : {1, 128, 300}) {
          INFO(onednn->name << " dtype " << int(dtype) << " compute " << int(compute) << " cols " << cols << " rows "
                            << rows);
          const int outputs = 1100, others = 40;  // the last panel is not full
          const PackedWeight w(ours, dtype, outputs, cols), v(ours, dtype, others, cols);
          const PackedMatrix weights[] = {w.matrix, v.matrix};
          const std::vector<float> x = rounded_noise(size_t(rows) * cols, 4), bias = noise(outputs, 5);
          const float* const biases[] = {bias.data(), nullptr};
          const size_t first = size_t(rows) * outputs, all = first + size_t(rows) * others;
          const auto run = [&](const Kernels& kernels) {
            return run_on_workers(std::vector<float>(all), [&](Stream stream, float* out) {
              float* const y[] = {out, out + first};
              kernels.linear(stream, compute, {x.data(), cols}, rows, weights, biases, y, 2, nullptr, 0, nullptr);
            });
          };
          CHECK(difference(run(*onednn), run(ours)) < 1e-4);
        }
}

TEST_CASE("oneDNN's matmul agrees with ours", "[kernels][onednn]") {
  const Kernels* onednn = onednn_table();
  if (!onednn) return;
  const Kernels& ours = *kernel_list().back();
  const int shapes[][3] = {{192, 576, 200}, {64, 64, 64}, {150, 1100, 70}, {16, 576, 256}};
  for (const Compute compute : {Compute::f32, Compute::bf16})
    for (int flags = 0; flags < 16; ++flags)
      for (const auto& [m, n, k] : shapes) {
        const bool at = flags & 1, bt = flags & 2, add = flags & 4;
        const int gap = flags & 8 ? 3 : 0;
        INFO(onednn->name << " compute " << int(compute) << " shape " << m << " " << n << " " << k << " flags "
                          << flags);
        const int a_stride = (at ? m : k) + gap, b_stride = (bt ? k : n) + gap, c_stride = n + gap;
        const std::vector<float> a = rounded_noise(size_t(a_stride) * (at ? k : m), 6);
        const std::vector<float> b = rounded_noise(size_t(b_stride) * (bt ? n : k), 7);
        const std::vector<float> start = noise(size_t(m) * c_stride, 8);
        const float alpha = gap ? 0.5f : 1;
        const auto run = [&](const Kernels& kernels) {
          return run_on_workers(start, [&](Stream stream, float* out) {
            kernels.matmul(stream, compute, {a.data(), a_stride, at}, {b.data(), b_stride, bt}, out, c_stride, m, n, k,
                           alpha, add);
          });
        };
        CHECK(difference(run(*onednn), run(ours)) < 1e-3);
      }
}

TEST_CASE("A tile that oneDNN fails at is computed plainly", "[kernels][onednn]") {
  const Kernels& ours = *kernel_list().back();
  const std::vector<float> a = noise(20 * 30, 9), b = noise(40 * 30, 10), start = noise(20 * 40, 11);
  std::vector<float> expected = start, found = start;
  TestStream stream;
  ours.matmul(stream, Compute::f32, {a.data(), 20, true}, {b.data(), 30, true}, expected.data(), 40, 20, 40, 30, 0.5f,
              true);
  const onednn::PlainProduct whole = {
      {a.data(), 20, true}, {b.data(), 30, true}, found.data(), 40, 20, 40, 30, 0.5f, true};
  for (const int row : {0, 10})
    for (const int col : {0, 15}) multiply(whole.part(row, 10, col, col ? 25 : 15));
  CHECK(difference(found, expected) < 1e-4);
}

}  // namespace graft
