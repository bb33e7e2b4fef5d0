// SPDX-License-Identifier: Apache-2.0
//
// A block format: bytes and the floats that they stand for. Decoding must agree to two units in the last place,
// encoding to the last bit.
#include <algorithm>
#include <bit>
#include <cmath>

#include "blocks.hpp"
#include "cli/verify_kinds.hpp"
#include "support/message.hpp"
#include "tensor/dtype.hpp"
#include "tensor/weight.hpp"

namespace graft::inline v0 {
namespace {

constexpr double kUlps = 2;
constexpr Dtype kEncoded[] = {Dtype::f16, Dtype::bf16, Dtype::q4_0, Dtype::q4_1, Dtype::q5_0, Dtype::q5_1, Dtype::q8_0};

// Floats in between; NaN and NaN are the same.
double ulps(float a, float b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const auto ordered = [](float x) {
    const auto bits = std::bit_cast<int32_t>(x);
    return bits < 0 ? -int64_t(bits & 0x7fffffff) : int64_t(bits);
  };
  return std::abs(double(ordered(a) - ordered(b)));
}

void compare_decoding(const Lane& lane, Dtype dtype, const Goldens& goldens, const std::string& raw,
                      const std::string& decoded, Comparison& comparison) {
  const std::vector<uint8_t>& bytes = goldens.at(raw).bytes;
  const std::vector<float>& expected = goldens.floats(decoded);
  check<FileError>(bytes.size() == row_bytes(dtype, int64_t(expected.size())), goldens.file, ": \"", raw, "\" has ",
                   bytes.size(), " bytes, which is not what \"", decoded, "\" needs");
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  const Tensor values = graft::decoded(lane, *memory, dtype, std::as_bytes(std::span(bytes)), 1, int(expected.size()));
  const std::span<const float> found = values.values();
  double worst = 0;
  for (size_t i = 0; i < found.size(); ++i) worst = std::max(worst, ulps(found[i], expected[i]));
  comparison.number(decoded + " (units in the last place)", worst, 0, kUlps);
}

void compare_encoding(const Lane& lane, Dtype dtype, const Goldens& goldens, Comparison& comparison) {
  const std::vector<float>& source = goldens.floats("source");
  const std::vector<uint8_t>& expected = goldens.at("raw").bytes;
  const std::shared_ptr<Memory> memory = Memory::create(lane.backend());
  const Tensor floats(*memory, 1, int(source.size())), encoded = Tensor::of_bytes(*memory, expected.size());
  std::ranges::copy(source, floats.values().begin());
  lane.backend().kernels().encode(lane.stream(), dtype, floats.data(), encoded.data(), int64_t(source.size()));
  const auto found = std::as_bytes(encoded.values()).first(expected.size());
  const auto is = [&](const std::vector<uint8_t>& bytes) {
    return std::ranges::equal(found, std::as_bytes(std::span(bytes)));
  };
  const auto other = goldens.tensors.find("raw_c");
  comparison.claim("raw", is(expected) || (other != goldens.tensors.end() && is(other->second.bytes)));
}

}  // namespace

void verify_quant(const std::filesystem::path& file, const VerifyContext& context, Comparison& comparison) {
  const Goldens goldens = Goldens::load(file);
  const std::optional<Dtype> dtype = dtype_from_name(file.stem().string());
  check<UnsupportedError>(dtype.has_value(), "unsupported: block format ", file.stem().string());
  const Lane lane(context.backend);
  compare_decoding(lane, *dtype, goldens, "raw", "deq", comparison);
  compare_decoding(lane, *dtype, goldens, "random_raw", "random_deq", comparison);
  if (std::find(std::begin(kEncoded), std::end(kEncoded), *dtype) != std::end(kEncoded))
    compare_encoding(lane, *dtype, goldens, comparison);
}

}  // namespace graft::inline v0
