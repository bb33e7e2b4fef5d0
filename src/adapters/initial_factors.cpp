// SPDX-License-Identifier: Apache-2.0
//
// The randomised singular value decomposition (Halko et al. 2011): the matrix is looked at in the small space that it
// sends random vectors to, sharpened by a few powers of it.
#include "adapters/initial_factors.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/random.hpp"

namespace graft::inline v0 {
namespace {

constexpr int kMoreRows = 8, kPowers = 8, kSweeps = 30;

// Rows made orthonormal one after the other (Gram and Schmidt), twice against rounding.
void orthonormalize(const Tensor& rows) {
  for (int i = 0; i < rows.rows(); ++i) {
    const std::span<float> row = rows.row(i);
    const auto dot = [&](std::span<const float> other) {
      return std::inner_product(row.begin(), row.end(), other.begin(), 0.0, std::plus<>(),
                                [](double a, double b) { return a * b; });
    };
    for (int pass = 0; pass < 2; ++pass)
      for (int before = 0; before < i; ++before) {
        const double share = dot(rows.row(before));
        for (size_t k = 0; k < row.size(); ++k) row[k] = float(row[k] - share * rows.row(before)[k]);
      }
    const double norm = std::sqrt(dot(row));
    for (float& value : row) value = norm > 0 ? float(value / norm) : 0;
  }
}

// x · w, or x · wᵀ.
Tensor product(const Lane& lane, Memory& memory, const Tensor& x, const Tensor& w, bool transposed) {
  Tensor y(memory, x.rows(), transposed ? w.rows() : w.cols());
  lane.backend().kernels().matmul(lane.stream(), Compute::f32, {x.data(), x.cols()}, {w.data(), w.cols(), transposed},
                                  y.data(), y.cols(), y.rows(), y.cols(), x.cols(), 1, false);
  return y;
}

// Turns a symmetric n × n matrix, row by row, into its eigenvalues on the diagonal (Jacobi 1846). The columns of the
// result are the eigenvectors.
std::vector<double> diagonalize(std::vector<double>& g, int n) {
  const auto at = [n](int row, int col) { return size_t(row) * size_t(n) + size_t(col); };
  std::vector<double> vectors(g.size());
  for (int i = 0; i < n; ++i) vectors[at(i, i)] = 1;
  for (int sweep = 0; sweep < kSweeps; ++sweep)
    for (int p = 0; p < n; ++p)
      for (int q = p + 1; q < n; ++q) {
        if (g[at(p, q)] == 0) continue;
        const double theta = (g[at(q, q)] - g[at(p, p)]) / (2 * g[at(p, q)]);
        const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::hypot(theta, 1.0));
        const double c = 1 / std::hypot(t, 1.0), s = t * c;
        const auto turn = [&](double& a, double& b) {
          const double before = a;
          a = c * before - s * b;
          b = s * before + c * b;
        };
        for (int k = 0; k < n; ++k) turn(g[at(k, p)], g[at(k, q)]);
        for (int k = 0; k < n; ++k) turn(g[at(p, k)], g[at(q, k)]);
        for (int k = 0; k < n; ++k) turn(vectors[at(k, p)], vectors[at(k, q)]);
      }
  return vectors;
}

}  // namespace

InitialFactors pissa_factors(const Lane& lane, Memory& memory, const Weight& weight, int rank, float scale) {
  const Tensor w = weight.values(lane, memory);
  const int n = std::min({rank + kMoreRows, w.rows(), w.cols()});
  Tensor space(memory, n, w.cols());
  fill_normal(space.values(), 1, 0, uint64_t(rank));
  Tensor left = product(lane, memory, space, w, true);  // n × outputs
  for (int power = 0; power < kPowers; ++power) {
    orthonormalize(left);
    space = product(lane, memory, left, w, false);
    orthonormalize(space);
    left = product(lane, memory, space, w, true);
  }
  orthonormalize(left);
  const Tensor small = product(lane, memory, left, w, false);  // n × inputs
  const Tensor gram = product(lane, memory, small, small, true);
  std::vector<double> squares(gram.values().begin(), gram.values().end());
  const std::vector<double> vectors = diagonalize(squares, n);
  std::vector<int> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return squares[size_t(a * n + a)] > squares[size_t(b * n + b)]; });
  const InitialFactors factors{Tensor::zeros(memory, rank, w.cols()), Tensor::zeros(memory, w.rows(), rank)};
  for (int k = 0; k < rank; ++k) {
    const double value = std::sqrt(std::max(0.0, squares[size_t(order[size_t(k)] * n + order[size_t(k)])]));
    if (value == 0) continue;
    const double root = std::sqrt(value / std::abs(scale));
    for (int i = 0; i < n; ++i) {
      const double share = root * vectors[size_t(i * n + order[size_t(k)])];
      for (int col = 0; col < w.cols(); ++col)
        factors.down.row(k)[size_t(col)] += float(share / value * small.row(i)[size_t(col)]);
      for (int row = 0; row < w.rows(); ++row)
        factors.up.row(row)[size_t(k)] += float((scale < 0 ? -share : share) * left.row(i)[size_t(row)]);
    }
  }
  return factors;
}

InitialFactors olora_factors(const Lane& lane, Memory& memory, const Weight& weight, int rank) {
  const Tensor w = weight.values(lane, memory);
  const Tensor space(memory, rank, w.rows());
  for (int k = 0; k < rank; ++k)
    for (int row = 0; row < w.rows(); ++row) space.row(k)[size_t(row)] = w.row(row)[size_t(k)];
  orthonormalize(space);
  const InitialFactors factors{product(lane, memory, space, w, false), Tensor(memory, w.rows(), rank)};
  for (int k = 0; k < rank; ++k)
    for (int row = 0; row < w.rows(); ++row) factors.up.row(row)[size_t(k)] = space.row(k)[size_t(row)];
  return factors;
}

}  // namespace graft::inline v0
