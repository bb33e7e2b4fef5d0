// SPDX-License-Identifier: Apache-2.0
#include "tensor/dtype.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "blocks.hpp"
#include "support/message.hpp"

namespace graft::inline v0 {
namespace {

struct Entry {
  Dtype dtype;
  std::string_view name, safetensors;
  uint32_t ggml;
};

// In the order of the enumeration.
constexpr std::array<Entry, kDtypes> kTable = {{
    {Dtype::f32, "f32", "F32", 0},     {Dtype::f16, "f16", "F16", 1},     {Dtype::bf16, "bf16", "BF16", 30},
    {Dtype::q4_0, "q4_0", "", 2},      {Dtype::q4_1, "q4_1", "", 3},      {Dtype::q5_0, "q5_0", "", 6},
    {Dtype::q5_1, "q5_1", "", 7},      {Dtype::q8_0, "q8_0", "", 8},      {Dtype::q2_k, "q2_k", "", 10},
    {Dtype::q3_k, "q3_k", "", 11},     {Dtype::q4_k, "q4_k", "", 12},     {Dtype::q5_k, "q5_k", "", 13},
    {Dtype::q6_k, "q6_k", "", 14},     {Dtype::iq4_nl, "iq4_nl", "", 20}, {Dtype::iq4_xs, "iq4_xs", "", 23},
    {Dtype::iq1_s, "iq1_s", "", 19},   {Dtype::iq1_m, "iq1_m", "", 29},   {Dtype::iq2_xxs, "iq2_xxs", "", 16},
    {Dtype::iq2_xs, "iq2_xs", "", 17}, {Dtype::iq2_s, "iq2_s", "", 22},   {Dtype::iq3_xxs, "iq3_xxs", "", 18},
    {Dtype::iq3_s, "iq3_s", "", 21},   {Dtype::tq1_0, "tq1_0", "", 34},   {Dtype::tq2_0, "tq2_0", "", 35},
    {Dtype::mxfp4, "mxfp4", "", 39},   {Dtype::nvfp4, "nvfp4", "", 40},
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

size_t checked_row_bytes(Dtype dtype, int64_t cols) {
  const BlockSize block = block_size(dtype);
  check(cols >= 0 && cols % block.elements == 0, "a row of ", name(dtype), " has ", cols,
        " values, expected a multiple of ", block.elements);
  check(cols / block.elements <= std::numeric_limits<int64_t>::max() / block.bytes, "a row of ", cols,
        " values is too long");
  return row_bytes(dtype, cols);
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
