// SPDX-License-Identifier: Apache-2.0
#include "adapters/dora.hpp"

#include <algorithm>
#include <cmath>

namespace graft::inline v0 {

Dora::Dora(Memory& memory, int outputs)
    : magnitude_(memory, 1, outputs),
      gain_(memory, 1, outputs),
      squares_(memory, 1, outputs),
      norms_(memory, 1, outputs) {}

void Dora::set_matrix(const Lane& lane, const Weight& weight) {
  constexpr int kRows = 64;  // decoded at once
  const Tensor rows(gain_.memory(), kRows, weight.cols());
  for (int first = 0; first < weight.rows(); first += kRows) {
    const int count = std::min(kRows, weight.rows() - first);
    lane.backend().kernels().unpack(lane.stream(), weight.matrix(), first, count, rows.data());
    for (int i = 0; i < count; ++i) {
      double sum = 0;
      for (const float value : rows.row(i)) sum += double(value) * value;
      squares_.values()[size_t(first + i)] = float(sum);
      magnitude_.values()[size_t(first + i)] = float(std::sqrt(sum));
    }
  }
}

// ‖w + s Σ b[k] a[k]‖² = ‖w‖² + 2 s Σ b[k] (a[k] · w) + s² Σ b[k] b[l] (a[k] · a[l])
void Dora::lower(const Lane& lane, const Weight& weight, const LowRank& pair) const {
  const Kernels& kernels = lane.backend().kernels();
  const int rank = pair.down.rows(), inputs = pair.down.cols(), outputs = weight.rows();
  const Tensor with_matrix(gain_.memory(), rank, outputs), with_itself(gain_.memory(), rank, rank);
  float* y = with_matrix.data();
  kernels.linear(lane.stream(), Compute::f32, {pair.down.data(), inputs}, rank, &weight.matrix(), nullptr, &y, 1,
                 nullptr, 0, nullptr);
  kernels.matmul(lane.stream(), Compute::f32, {pair.down.data(), inputs}, {pair.down.data(), inputs, true},
                 with_itself.data(), rank, rank, rank, inputs, 1, false);
  const double scale = pair.scale;
  const std::span<const float> products = with_matrix.values(), inner_products = with_itself.values();
  const std::span<float> squares = squares_.values(), norms = norms_.values(), gains = gain_.values();
  for (int i = 0; i < outputs; ++i) {
    const std::span<float> b = pair.up.row(i);
    double square = squares[size_t(i)];
    for (int k = 0; k < rank; ++k) {
      double inner = 0;
      for (int l = 0; l < rank; ++l) inner += double(b[size_t(l)]) * inner_products[size_t(k * rank + l)];
      square += scale * b[size_t(k)] * (2 * double(products[size_t(k) * size_t(outputs) + size_t(i)]) + scale * inner);
    }
    const float norm = float(std::sqrt(std::max(0.0, square)));
    norms[size_t(i)] = norm;
    gains[size_t(i)] = norm > 0 ? magnitude_.values()[size_t(i)] / norm : 0;
  }
}

void Dora::pull(Gradients& gradients) const {
  if (!gradients.reached(gain_)) return;
  const Tensor& dgain = gradients.of(gain_);
  float* dmagnitude = gradients.reach_on_host(magnitude_);
  const std::span<const float> slopes = dgain.values(), norms = norms_.values();
  for (size_t i = 0; i < slopes.size(); ++i)
    if (norms[i] > 0) dmagnitude[i] += slopes[i] / norms[i];
}

Dora Dora::copy(Memory& memory) const {
  Dora copied;
  copied.magnitude_ = graft::copy(memory, magnitude_);
  copied.gain_ = graft::copy(memory, gain_);
  copied.squares_ = graft::copy(memory, squares_);
  copied.norms_ = graft::copy(memory, norms_);
  return copied;
}

}  // namespace graft::inline v0
