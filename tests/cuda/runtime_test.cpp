// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <vector>

#include "cuda/runtime.hpp"
#include "support/kernel_list.hpp"
#include "support/refusal.hpp"

namespace graft {
namespace {

using cuda::backend;
using emulation::Gpu;

// A device's queue and a stream of it for a test.
class Opened {
 public:
  explicit Opened(const StreamOptions& options = {}, int number = 0)
      : queue_(backend.open_queue(number)), stream_(backend.open(queue_, options)) {}
  ~Opened() {
    backend.close(stream_);
    backend.close_queue(queue_);
  }
  void* queue() const { return queue_; }
  const Stream& stream() const { return stream_; }
  void* allocate(size_t bytes) const { return backend.memory->allocate(stream_, bytes); }
  void release(void* data) const { backend.memory->release(stream_, data); }

 private:
  void* queue_;
  Stream stream_;
};

}  // namespace

TEST_CASE("The CUDA table is complete", "[cuda]") {
  REQUIRE(std::string(cuda::table.name) == "cuda");
  void* entries[sizeof(Kernels) / sizeof(void*)];
  std::memcpy(entries, static_cast<const void*>(&cuda::table), sizeof(Kernels));
  for (const void* entry : entries) CHECK(entry != nullptr);
  CHECK(backend.devices().count == 1);
  CHECK_THAT(backend.name(0).text, Catch::Contains("sm_80"));
}

TEST_CASE("Device memory that was released is used again, by size", "[cuda]") {
  const Opened device;
  void* const first = device.allocate(1000);
  void* const second = device.allocate(1000);
  CHECK(first != second);
  device.release(first);
  CHECK(device.allocate(100000) != first);
  CHECK(device.allocate(990) == first);
}

TEST_CASE("A budget is kept, and memory that nobody uses makes room", "[cuda]") {
  const size_t before = Gpu::free_memory();
  {
    const Opened device({.budget = 1 << 20});
    void* const large = device.allocate(900 << 10);
    CHECK_THAT(refusal<ResourceError>([&] { device.allocate(300 << 10); }),
               Catch::Contains("allocate of 327680: the budget is spent"));
    device.release(large);
    CHECK(device.allocate(300 << 10) != nullptr);
  }
  CHECK(Gpu::free_memory() == before);
}

TEST_CASE("Memory that the device lacks is an error that names the call", "[cuda]") {
  const Opened device;
  CHECK_THAT(refusal<ResourceError>([&] { device.allocate(size_t{1} << 40); }),
             Catch::Contains("cudaMalloc") && Catch::Contains("out of memory"));
  CHECK_THAT(refusal<Error>([] { Opened({}, 3); }), Catch::Contains("no such device"));
}

TEST_CASE("Uploads larger than the ring arrive whole, and copies and fills too", "[cuda]") {
  const Opened device;
  const size_t count = 5 << 20;
  const std::vector<float> values = noise(count, 1);
  float* const there = static_cast<float*>(device.allocate(count * sizeof(float)));
  float* const other = static_cast<float*>(device.allocate(count * sizeof(float)));
  backend.memory->upload(device.stream(), values.data(), there, count * sizeof(float));
  backend.memory->copy(device.stream(), there, other, count * sizeof(float));
  backend.shared->fill(device.queue(), other, 0, 10 * sizeof(float));
  std::vector<float> found(count);
  backend.memory->download(device.stream(), other, found.data(), count * sizeof(float));
  for (size_t i = 0; i < 10; ++i) CHECK(found[i] == 0);
  CHECK(std::equal(found.begin() + 10, found.end(), values.begin() + 10));
}

TEST_CASE("What host and device share is filled and copied in the order of the queue", "[cuda]") {
  const Opened device;
  const SharedMemory& shared = *backend.shared;
  const size_t bytes = 1000 * sizeof(float);
  float* const x = static_cast<float*>(shared.allocate(device.queue(), bytes));
  float* const y = static_cast<float*>(shared.allocate(device.queue(), bytes));
  for (int i = 0; i < 1000; ++i) x[i] = float(i);
  cuda::table.accumulate(device.stream(), x, 2, x, 1000);
  shared.copy(device.queue(), x, y, bytes);
  shared.fill(device.queue(), x, 0, bytes);
  shared.wait(device.queue());
  CHECK(x[999] == 0);
  CHECK(y[999] == 3 * 999);
  shared.release(device.queue(), x);
  shared.release(device.queue(), y);
  CHECK_THAT(refusal<ResourceError>([&] { shared.allocate(device.queue(), size_t{1} << 40); }),
             Catch::Contains("cudaMallocManaged"));
}

TEST_CASE("Lists of the host go round the ring", "[cuda]") {
  const Opened device;
  std::vector<int32_t> list(300000);
  for (int round = 0; round < 20; ++round) {
    for (size_t i = 0; i < list.size(); ++i) list[i] = int32_t(i) + round;
    const int32_t* const there = cuda::stage(device.stream(), list.data(), int64_t(list.size()));
    CHECK(cuda::fetch(device.stream(), there + 299999) == 299999 + round);
  }
  CHECK_THAT(refusal<ResourceError>([&] { cuda::stage(device.stream(), list.data(), int64_t{2} << 20); }),
             Catch::Contains("longer than the ring"));
}

TEST_CASE("A product that cuBLAS refuses is an error with its shapes", "[cuda]") {
  const Opened device;
  float* const x = static_cast<float*>(device.allocate(64 * sizeof(float)));
  const std::string found = refusal<Error>([&] {
    cuda::table.matmul(device.stream(), Compute::f32, {x, 2}, {x, 4}, x, 4, 4, 4, 4, 1, false);
  });
  CHECK_THAT(found, Catch::Contains("cublasGemmEx") && Catch::Contains("4 x 4 x 4, strides 2 4 4"));
}

}  // namespace graft
