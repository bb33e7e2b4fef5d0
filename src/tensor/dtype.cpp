// SPDX-License-Identifier: Apache-2.0
#include "tensor/dtype.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct Entry {
  Dtype dtype;
  std::string_view name, safetensors;
  uint32_t ggml;
  uint16_t values, bytes;
};

// In the order of the enumeration.
constexpr std::array<Entry, kDtypes> kTable = {{
    {Dtype::f32, "f32", "F32", 0, 1, 4},          {Dtype::f16, "f16", "F16", 1, 1, 2},
    {Dtype::bf16, "bf16", "BF16", 30, 1, 2},      {Dtype::q4_0, "q4_0", "", 2, 32, 18},
    {Dtype::q4_1, "q4_1", "", 3, 32, 20},         {Dtype::q5_0, "q5_0", "", 6, 32, 22},
    {Dtype::q5_1, "q5_1", "", 7, 32, 24},         {Dtype::q8_0, "q8_0", "", 8, 32, 34},
    {Dtype::q2_k, "q2_k", "", 10, 256, 84},       {Dtype::q3_k, "q3_k", "", 11, 256, 110},
    {Dtype::q4_k, "q4_k", "", 12, 256, 144},      {Dtype::q5_k, "q5_k", "", 13, 256, 176},
    {Dtype::q6_k, "q6_k", "", 14, 256, 210},      {Dtype::iq4_nl, "iq4_nl", "", 20, 32, 18},
    {Dtype::iq4_xs, "iq4_xs", "", 23, 256, 136},  {Dtype::iq1_s, "iq1_s", "", 19, 256, 50},
    {Dtype::iq1_m, "iq1_m", "", 29, 256, 56},     {Dtype::iq2_xxs, "iq2_xxs", "", 16, 256, 66},
    {Dtype::iq2_xs, "iq2_xs", "", 17, 256, 74},   {Dtype::iq2_s, "iq2_s", "", 22, 256, 82},
    {Dtype::iq3_xxs, "iq3_xxs", "", 18, 256, 98}, {Dtype::iq3_s, "iq3_s", "", 21, 256, 110},
    {Dtype::tq1_0, "tq1_0", "", 34, 256, 54},     {Dtype::tq2_0, "tq2_0", "", 35, 256, 66},
    {Dtype::mxfp4, "mxfp4", "", 39, 32, 17},      {Dtype::nvfp4, "nvfp4", "", 40, 64, 36},
}};

constexpr bool is_in_order() {
  for (size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<size_t>(kTable[i].dtype) != i) return false;
  return true;
}
static_assert(is_in_order());

const Entry& entry(Dtype dtype) { return kTable.at(static_cast<size_t>(dtype)); }

template <class Claim>
std::optional<Dtype> first(Claim claim) {
  const auto at = std::find_if(kTable.begin(), kTable.end(), claim);
  if (at == kTable.end()) return std::nullopt;
  return at->dtype;
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

int64_t block_values(Dtype dtype) { return entry(dtype).values; }

size_t block_bytes(Dtype dtype) { return entry(dtype).bytes; }

size_t row_bytes(Dtype dtype, int64_t cols) {
  const Entry& e = entry(dtype);
  check(cols >= 0 && cols % e.values == 0, "a row of ", e.name, " has ", cols, " values, expected a multiple of ",
        e.values);
  const auto blocks = static_cast<uint64_t>(cols / e.values);
  check(blocks <= std::numeric_limits<size_t>::max() / e.bytes, "a row of ", cols, " values is too long");
  return blocks * e.bytes;
}

std::string_view name(Dtype dtype) { return entry(dtype).name; }

std::optional<Dtype> dtype_from_name(std::string_view text) {
  return first([&](const Entry& e) {
    return std::equal(text.begin(), text.end(), e.name.begin(), e.name.end(),
                      [](char a, char b) { return to_lower(a) == b; });
  });
}

uint32_t ggml_type(Dtype dtype) { return entry(dtype).ggml; }

std::optional<Dtype> dtype_from_ggml(uint32_t type) {
  return first([&](const Entry& e) { return e.ggml == type; });
}

std::string_view safetensors_name(Dtype dtype) { return entry(dtype).safetensors; }

std::optional<Dtype> dtype_from_safetensors(std::string_view text) {
  return first([&](const Entry& e) { return !e.safetensors.empty() && e.safetensors == text; });
}

}  // namespace graft::inline v0
