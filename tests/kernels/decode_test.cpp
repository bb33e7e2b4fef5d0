// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "blocks.hpp"
#include "support/kernel_list.hpp"

namespace graft {
namespace {

struct Format {
  const char* name;
  Dtype dtype;
  bool encodes;
};
constexpr Format kFormats[] = {
    {"f16", Dtype::f16, true},        {"bf16", Dtype::bf16, true},        {"q4_0", Dtype::q4_0, true},
    {"q4_1", Dtype::q4_1, true},      {"q5_0", Dtype::q5_0, true},        {"q5_1", Dtype::q5_1, true},
    {"q8_0", Dtype::q8_0, true},      {"q2_k", Dtype::q2_k, false},       {"q3_k", Dtype::q3_k, false},
    {"q4_k", Dtype::q4_k, false},     {"q5_k", Dtype::q5_k, false},       {"q6_k", Dtype::q6_k, false},
    {"iq4_nl", Dtype::iq4_nl, false}, {"iq4_xs", Dtype::iq4_xs, false},   {"iq1_s", Dtype::iq1_s, false},
    {"iq1_m", Dtype::iq1_m, false},   {"iq2_xxs", Dtype::iq2_xxs, false}, {"iq2_xs", Dtype::iq2_xs, false},
    {"iq2_s", Dtype::iq2_s, false},   {"iq3_xxs", Dtype::iq3_xxs, false}, {"iq3_s", Dtype::iq3_s, false},
    {"tq1_0", Dtype::tq1_0, false},   {"tq2_0", Dtype::tq2_0, false},     {"mxfp4", Dtype::mxfp4, false},
    {"nvfp4", Dtype::nvfp4, false},
};
static_assert(std::size(kFormats) == kDtypes - 1, "all but f32");

// The parts of a golden file; tests/golden/quant/README.md says what they are.
struct Golden {
  std::vector<float> source, decoded, random_decoded;
  std::vector<char> raw, random_raw;

  explicit Golden(const Format& format) {
    std::ifstream file(std::string(GRAFT_GOLDEN) + "/quant/" + format.name + ".bin", std::ios::binary);
    REQUIRE(file);
    int32_t counts[2];
    file.read(reinterpret_cast<char*>(counts), sizeof(counts));
    for (auto [part, count] : {std::pair{&source, counts[0]}, {&decoded, counts[0]}, {&random_decoded, counts[1]}}) {
      part->resize(count);
      file.read(reinterpret_cast<char*>(part->data()), count * 4);
    }
    for (auto [part, count] : {std::pair{&raw, counts[0]}, {&random_raw, counts[1]}}) {
      part->resize(row_bytes(format.dtype, count));
      file.read(part->data(), static_cast<std::streamsize>(part->size()));
    }
    REQUIRE(file);
  }
};

// The last bit or two: of the value, and of the block's minimum that may have been subtracted.
void check_near(const std::vector<float>& found, const std::vector<float>& expected) {
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    if (std::isnan(expected[i]) || std::isinf(expected[i])) {
      CHECK((std::isnan(expected[i]) ? std::isnan(found[i]) : found[i] == expected[i]));
      continue;
    }
    const size_t block = i / 32 * 32, end = std::min(block + 32, found.size());
    float largest = 0;
    for (size_t j = block; j < end; ++j)
      if (std::isfinite(expected[j])) largest = std::max(largest, std::abs(expected[j]));
    if (std::abs(found[i] - expected[i]) > largest * 2.5e-7f) CHECK(found[i] == expected[i]);
  }
}

}  // namespace

TEST_CASE("decode and encode agree with ggml", "[kernels]") {
  for (const Kernels* kernels : kernel_list())
    for (const Format& format : kFormats) {
      INFO(kernels->name << " " << format.name);
      TestStream stream(2);
      const Golden golden(format);
      std::vector<float> out(golden.decoded.size());
      kernels->decode(stream, format.dtype, golden.raw.data(), out.data(), static_cast<int64_t>(out.size()));
      check_near(out, golden.decoded);
      out.resize(golden.random_decoded.size());
      kernels->decode(stream, format.dtype, golden.random_raw.data(), out.data(), static_cast<int64_t>(out.size()));
      check_near(out, golden.random_decoded);
      if (!format.encodes) continue;
      std::vector<char> raw(golden.raw.size());
      kernels->encode(stream, format.dtype, golden.source.data(), raw.data(),
                      static_cast<int64_t>(golden.source.size()));
      CHECK(raw == golden.raw);
    }
}

TEST_CASE("16-bit floats round to nearest even and keep infinities", "[kernels]") {
  const std::vector<float> x = {1.0f,  -0.0f,   INFINITY,     -INFINITY,      65504,          65519, 65520,
                                1e-7f, 2.9e-8f, 1 + 0x1p-11f, 1 + 0x1.8p-10f, 6.0975552e-05f, 1e9f,  -3.1415927f};
  const uint16_t f16[] = {0x3c00, 0x8000, 0x7c00, 0xfc00, 0x7bff, 0x7bff, 0x7c00,
                          2,      0,      0x3c00, 0x3c02, 0x03ff, 0x7c00, 0xc248};
  const uint16_t bf16[] = {0x3f80, 0x8000, 0x7f80, 0xff80, 0x4780, 0x4780, 0x4780,
                           0x33d7, 0x32f9, 0x3f80, 0x3f80, 0x3880, 0x4e6e, 0xc049};
  for (const Kernels* kernels : kernel_list()) {
    INFO(kernels->name);
    TestStream stream;
    std::vector<uint16_t> out(std::size(x));
    kernels->convert(stream, x.data(), Dtype::f16, out.data(), std::size(x));
    CHECK(out == std::vector<uint16_t>(std::begin(f16), std::end(f16)));
    kernels->convert(stream, x.data(), Dtype::bf16, out.data(), std::size(x));
    CHECK(out == std::vector<uint16_t>(std::begin(bf16), std::end(bf16)));
  }
}

}  // namespace graft
