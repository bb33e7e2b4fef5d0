// SPDX-License-Identifier: Apache-2.0
//
// The emulated GPU sees what a real one would do wrong in silence.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "cuda/device.cuh"
#include "cuda/mirrored.hpp"

namespace graft {
namespace {

using namespace cuda;
using emulation::Gpu;

struct Slots {
  float of_thread[64];
};

// Launches body() on one block of 64 threads; gives what is wrong with it.
template <class Body>
std::string fault(Body body) {
  try {
    Gpu::launch(
        {1}, {64}, [](void* argument) { (*static_cast<Body*>(argument))(); }, &body);
  } catch (const emulation::Fault& fault) {
    return fault.what();
  }
  return "(none)";
}

int thread() { return int(threadIdx.x); }

// Meetings at places of their own, from which they return.
__attribute__((noipa, optimize("no-optimize-sibling-calls"))) int meet_elsewhere() {
  __syncthreads();
  return thread();
}
__attribute__((noipa, optimize("no-optimize-sibling-calls"))) float exchange_elsewhere() {
  return 1 + __shfl_xor_sync(~0u, 2.0f, 1);
}

// Device memory for a test; `managed`: shared with the host.
struct Floats {
  explicit Floats(size_t count, bool managed = false)
      : data(static_cast<float*>(Gpu::allocate(count * sizeof(float), managed))) {}
  ~Floats() { Gpu::release(data); }
  float* data;
};

// A system call says so where an access would fault.
bool is_of_host(const void* address) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const bool is_readable = write(ends[1], address, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return is_readable;
}

}  // namespace

TEST_CASE("A block's threads meet, whatever their order", "[cuda]") {
  std::vector<float> sums(64);
  CHECK(fault([&] {
          Slots& slots = shared<Slots>();
          store(&slots.of_thread[thread()], float(thread()));
          __syncthreads();
          sums[size_t(thread())] = load(&slots.of_thread[63 - thread()]) + block_reduce(1.0f);
        }) == "(none)");
  for (int i = 0; i < 64; ++i) CHECK(sums[size_t(i)] == float(63 - i + 64));
}

TEST_CASE("Shared memory is not a number until it is set", "[cuda]") {
  bool is_nan = false;
  CHECK(fault([&] { is_nan = std::isnan(load(&shared<Slots>().of_thread[thread()])); }) == "(none)");
  CHECK(is_nan);
}

TEST_CASE("Threads that miss a barrier or a shuffle are found", "[cuda]") {
  CHECK_THAT(fault([] {
               if (thread() > 40) return;
               __syncthreads();
             }),
             Catch::Contains("barrier"));
  CHECK_THAT(fault([] {
               if (thread() % 2) warp_reduce(1.0f);
             }),
             Catch::Contains("never come"));
  CHECK_THAT(fault([] {
               if (thread() % 2)
                 __shfl_xor_sync(~0u, 1.0f, 1);
               else
                 exchange_elsewhere();
             }),
             Catch::Contains("divergent"));
  CHECK_THAT(fault([] {
               if (thread() < 32)
                 __syncthreads();
               else
                 meet_elsewhere();
             }),
             Catch::Contains("two different barriers"));
}

TEST_CASE("Accesses outside of an allocation, of the host, and unaligned ones are found", "[cuda]") {
  const Floats x(3);
  CHECK(fault([&] { store(x.data + thread() % 3, 1.0f); }) == "(none)");
  CHECK_THAT(fault([&] { load(x.data + 3); }), Catch::Contains("outside"));
  CHECK_THAT(fault([&] { load(reinterpret_cast<const float4*>(x.data)); }), Catch::Contains("outside"));
  CHECK_THAT(fault([&] { load(reinterpret_cast<const float*>(reinterpret_cast<const char*>(x.data) + 2)); }),
             Catch::Contains("aligned"));
  const float on_host = 0;
  CHECK_THAT(fault([&] { load(&on_host); }), Catch::Contains("host"));
}

TEST_CASE("Managed memory is the host's until a kernel or a copy uses it, and after a wait", "[cuda]") {
  const Floats hidden(64), x(2048, true), other(64, true);
  CHECK(!is_of_host(hidden.data));
  x.data[1] = 7;
  CHECK(fault([&] { store(x.data + thread(), 8.0f); }) == "(none)");
  CHECK(!is_of_host(x.data));
  CHECK(is_of_host(x.data + 1024));  // another page
  CHECK(is_of_host(other.data));
  Gpu::wait();
  CHECK(x.data[3] == 8);
  Gpu::copy(other.data, x.data, 64 * sizeof(float));
  CHECK(!is_of_host(other.data));
  Gpu::wait();
  CHECK(other.data[63] == 8);
}

TEST_CASE("Sectors and banks are counted", "[cuda]") {
  const Floats x(64 * 32);
  Gpu::count(true);
  Gpu::counters() = {};
  CHECK(fault([&] { load(x.data + thread()); }) == "(none)");
  CHECK(Gpu::counters().bytes_read == 64 * 4);
  CHECK(Gpu::counters().uncoalesced == 0);
  CHECK(Gpu::counters().sectors == 8);
  CHECK(fault([&] { load(x.data + thread() * 32); }) == "(none)");
  CHECK(Gpu::counters().uncoalesced == 2);
  CHECK(fault([] { store(&shared<Slots>().of_thread[thread()], 1.0f); }) == "(none)");
  CHECK(Gpu::counters().bank_conflicts == 0);
  CHECK(fault([] { store(&shared<Slots>().of_thread[thread() % 32 * 2], 1.0f); }) == "(none)");
  CHECK(Gpu::counters().bank_conflicts == 2);
  Gpu::count(false);
}

}  // namespace graft
