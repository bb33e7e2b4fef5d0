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
  std::vector<float> rows(size_t(kRows) * size_t(weight.cols()));
  for (int first = 0; first < weight.rows(); first += kRows) {
    const int count = std::min(kRows, weight.rows() - first);
    lane.backend().kernels().unpack(lane.stream(), weight.matrix(), first, count, rows.data());
    for (int i = 0; i < count; ++i) {
      double sum = 0;
      for (int col = 0; col < weight.cols(); ++col) {
        const double value = rows[size_t(i) * size_t(weight.cols()) + size_t(col)];
        sum += value * value;
      }
      squares_.data()[first + i] = float(sum);
      magnitude_.data()[first + i] = float(std::sqrt(sum));
    }
  }
}

// ‖w + s Σ b[k] a[k]‖² = ‖w‖² + 2 s Σ b[k] (a[k] · w) + s² Σ b[k] b[l] (a[k] · a[l])
void Dora::lower(const Lane& lane, const Weight& weight, const LowRank& pair) const {
  const Kernels& kernels = lane.backend().kernels();
  const int rank = pair.down.rows(), inputs = pair.down.cols(), outputs = weight.rows();
  std::vector<float> with_matrix(size_t(rank) * size_t(outputs)), with_itself(size_t(rank) * size_t(rank));
  float* y = with_matrix.data();
  kernels.linear(lane.stream(), Compute::f32, {pair.down.data(), inputs}, rank, &weight.matrix(), nullptr, &y, 1,
                 nullptr, 0);
  kernels.matmul(lane.stream(), Compute::f32, {pair.down.data(), inputs}, {pair.down.data(), inputs, true},
                 with_itself.data(), rank, rank, rank, inputs, 1, false);
  const double scale = pair.scale;
  for (int i = 0; i < outputs; ++i) {
    const std::span<float> b = pair.up.row(i);
    double square = squares_.data()[i];
    for (int k = 0; k < rank; ++k) {
      double inner = 0;
      for (int l = 0; l < rank; ++l) inner += double(b[size_t(l)]) * with_itself[size_t(k * rank + l)];
      square +=
          scale * b[size_t(k)] * (2 * double(with_matrix[size_t(k) * size_t(outputs) + size_t(i)]) + scale * inner);
    }
    const float norm = float(std::sqrt(std::max(0.0, square)));
    norms_.data()[i] = norm;
    gain_.data()[i] = norm > 0 ? magnitude_.data()[i] / norm : 0;
  }
}

void Dora::pull(Gradients& gradients) const {
  if (!gradients.reached(gain_)) return;
  const Tensor& dgain = gradients.of(gain_);
  float* dmagnitude = gradients.reach(magnitude_.identity().get());
  for (size_t i = 0; i < dgain.size(); ++i)
    if (norms_.data()[i] > 0) dmagnitude[i] += dgain.data()[i] / norms_.data()[i];
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
